use super::*;
use crate::isa::selection::Dispatch;

const GPU: &Gpu = &Gpu {
    integrated: false,
    name: "example",
    source: "",
    multiprocessors: 10.0,
    clock: 1.0,
    lanes: 100.0,
    memory: 1.0,
    cache: 1.0,
    cache_rate: 10.0,
    load: 100.0,
    shared_read: 10.0,
    dispatch: 5.0,
};

fn kernel(name: &str) -> Kernel {
    Kernel {
        name: name.into(),
        lanes: 50,
        loops: vec![Loop {
            instructions: 20,
            fmas: 2,
            loads: 4,
            words: 4,
            in_flight: 2,
            ..Loop::default()
        }],
        ..Kernel::default()
    }
}

fn dispatch(kernel: &str, workgroups: f64) -> Dispatch {
    Dispatch {
        kernel: kernel.into(),
        workgroups,
    }
}

fn work(multiply_adds: f64, bytes: f64) -> Work {
    Work {
        multiply_adds,
        bytes,
    }
}

#[test]
fn a_dispatch_takes_what_its_longest_part_takes() {
    // A hundred iterations a lane: 20 cycles, since four chains hide each other, and two rounds of
    // loads each.
    let of = |workgroups, work| GPU.microseconds(&kernel("one"), workgroups, work, 4e6);
    let few = of(1.0, work(2.0 * 100.0 * 50.0, 0.0));
    assert_eq!(few, (100.0 * (20.0 + 200.0) + 400.0) / 1e3);
    // Ten times as many instructions as the ten multiprocessors issue meanwhile.
    let many = of(4000.0, work(2.0 * 200_000.0, 0.0));
    assert_eq!(many, (20.0 * 200_000.0 / 1000.0 + 400.0) / 1e3);
    // Bytes beyond the cache, through half of the multiprocessors.
    let bytes = of(5.0, work(0.0, 2e6));
    assert_eq!(bytes, (2e6 / 0.5 + 400.0) / 1e3);
    // The same over and over, from the cache.
    let cached = GPU.microseconds(&kernel("one"), 5.0, work(0.0, 2e6), 5e5);
    assert_eq!(cached, (2e6 / 5.0 + 400.0) / 1e3);
}

#[test]
fn comparisons_in_workgroup_memory_move_no_bytes() {
    let comparing = Kernel {
        lanes: 50,
        loops: vec![Loop {
            instructions: 20,
            shared_reads: 4,
            in_flight: 4,
            ..Loop::default()
        }],
        ..Kernel::default()
    };
    // Two thousand words are ten iterations a lane, of 20 cycles and a read each.
    let found = GPU.microseconds(&comparing, 1.0, work(0.0, 8000.0), 4e6);
    assert_eq!(found, (10.0 * (20.0 + 10.0) + 400.0) / 1e3);
}

#[test]
fn work_goes_to_the_dispatches_that_do_it() {
    let dispatches = [
        dispatch("product", 8.0),
        dispatch("lanczos", 1.0),
        dispatch("product", 8.0),
        dispatch("lanczos", 1.0),
        dispatch("product", 8.0),
        dispatch("ritz", 4.0),
    ];
    let stage = Stage {
        name: "fiedler".into(),
        work: work(120.0, 1400.0),
        dispatches: dispatches.into(),
    };
    let selection = Selection {
        steps_done: 2,
        serial: work(20.0, 400.0),
        ..Selection::default()
    };
    let kernels = ["product", "lanczos", "ritz"].map(kernel);
    let works = |stage: &Stage, kernels| -> Option<Vec<_>> {
        let shares = shared_out(stage, &selection, kernels)?;
        Some(shares.iter().map(|it| it.work).collect())
    };
    let (product, lanczos) = (Some(work(40.0, 400.0)), Some(work(10.0, 200.0)));
    let ritz = Some(work(20.0, 200.0));
    let expected = [product, lanczos, product, lanczos, None, ritz];
    assert_eq!(works(&stage, &kernels).unwrap(), expected);
    let other = Stage {
        name: "kept".into(),
        dispatches: vec![dispatch("ritz", 3.0), dispatch("lanczos", 1.0)],
        ..stage.clone()
    };
    let (three, one) = (Some(work(90.0, 1050.0)), Some(work(30.0, 350.0)));
    assert_eq!(works(&other, &kernels).unwrap(), [three, one]);
    assert_eq!(works(&stage, &kernels[..2]), None, "no such kernel");
}

#[test]
fn a_selection_is_the_sum_of_its_dispatches() {
    let stage = |dispatches| Stage {
        name: "scores".into(),
        work: work(2.0 * 100.0 * 50.0, 0.0),
        dispatches,
    };
    let selection = |dispatches| Selection {
        steps_done: 1,
        stages: vec![stage(dispatches)],
        ..Selection::default()
    };
    let kernels = [kernel("one")];
    let once = predict(&selection(vec![dispatch("one", 1.0)]), &kernels, GPU).unwrap();
    assert_eq!((once.total(), once.between), (5.0 + 22.4, 5.0));
    let idle = vec![dispatch("one", 1.0); 3];
    let idle = predict(&selection(idle), &kernels, GPU).unwrap();
    assert!((idle.total() - once.total() - 2.0 * (5.0 + 0.1)).abs() < 1e-9);
    let unknown = selection(vec![dispatch("other", 1.0)]);
    assert_eq!(predict(&unknown, &kernels, GPU), None);
}
