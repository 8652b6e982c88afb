//! scratch
use gstds_train::{method::MethodName, run::*};
fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let mut c = TrainConfig::new(a[0].parse::<MethodName>().unwrap(), true);
    for kv in &a[1..] {
        let (k, v) = kv.split_once('=').unwrap();
        match k {
            "epochs" => c.epochs = v.parse().unwrap(),
            "side" => c.image_side = v.parse().unwrap(),
            "width" => c.learner.width = v.parse().unwrap(),
            "lr" => c.optimiser.learning_rate = v.parse().unwrap(),
            "wd" => c.optimiser.weight_decay = v.parse().unwrap(),
            "batch" => c.batch = v.parse().unwrap(),
            "keep" => c.schedule = v.parse().unwrap(),
            "seed" => c.seed = v.parse().unwrap(),
            "max" => c.max_steps = Some(v.parse().unwrap()),
            "out" => c.out = Some(v.into()),
            _ => panic!(),
        }
    }
    let d = gstds_burn::GpuDevice::open(&c.wanted().unwrap()).unwrap();
    let ds = gstds_train::data::embedded().unwrap();
    let bank = if std::env::var("FAKE").is_ok() {
        let v: Vec<f32> = (0..5000u32 * 1280).map(|i| { let mut z = i.wrapping_mul(2654435761) ^ 7; z ^= z >> 13; z = z.wrapping_mul(0xc2b2ae35); z ^= z >> 16; (z as f32 / 4294967296.0 - 0.5).max(0.0) }).collect();
        Some(burn::tensor::Tensor::<2>::from_data(burn::tensor::TensorData::new(v, [5000, 1280]), &d.burn))
    } else { None };
    let s = train_with(&d, &c, &ds, bank, &mut Terminal::stderr(&a[0])).unwrap();
    println!("{}", serde_json::to_string_pretty(&s).unwrap());
}
