//! Searches by small blocks find what those by large ones do.

use super::*;
use crate::{
    adapter::{AdapterRequest, open},
    transfer,
};

const SHAPE: Shape = Shape {
    rows: 300,
    features: 20,
};

#[test]
fn small_blocks_find_the_same_lists() {
    let gpu = open(&AdapterRequest::default()).expect("an adapter");
    let data: Vec<f32> = (0..SHAPE.rows * SHAPE.features)
        .map(|at| (at * 7919 % 997) as f32 / 997.0 - 0.3)
        .collect();
    let features = transfer::upload(&gpu.device, &gpu.queue, "features", &data).unwrap();
    for centred in [false, true] {
        let options = NeighbourOptions::default().neighbours(7).centred(centred);
        let search = |work| {
            let mut search = Neighbours::prepare(&gpu.device, SHAPE, &options).unwrap();
            search.division = BlockDivision::of_work(work, SHAPE, &gpu.device.limits());
            for buffer in [search.rows(), search.similarities()] {
                let poison = vec![0xffff_fff0_u32; buffer.size() as usize / 4];
                gpu.queue
                    .write_buffer(buffer, 0, bytemuck::cast_slice(&poison));
            }
            let commands = search.record(Features::new(&features)).unwrap();
            let count = commands.len();
            gpu.queue.submit(commands);
            (search.read(&gpu.queue, SHAPE.rows).unwrap(), count)
        };
        let (whole, one) = search(PIECE_WORK);
        let (cut, several) = search(64 * 320 * 32);
        assert_eq!((one, several), (1, 5));
        assert_eq!(cut, whole, "centred {centred}");
    }
}
