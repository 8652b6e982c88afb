use super::*;

/// A kernel with a loop of four loads under way, one that waits for each of its loads, and one
/// around it.
const PRINTED: &str = "\
shader: MESA_SHADER_COMPUTE
workgroup-size: 32, 4, 1
SGPRs: 7
disasm:
BB0:
\tv_mov_b32_e32 v1, 0 ; 7e020280
BB1:
\tbuffer_load_dwordx4 v[0:3], v9, s[0:3], 0 offen ; e0381000 80000009
\tbuffer_load_dwordx4 v[4:7], v9, s[0:3], 0 offen offset:16 ; e0381010 80000409
\tbuffer_load_dword v8, v9, s[0:3], 0 offen offset:32 ; e0301020 80000809
\ts_buffer_load_dword s8, s[4:7], null ; f4200202 fa000000
\ts_waitcnt vmcnt(2) ; bf8c3f72
\tv_fmac_f32_e32 v10, v0, v1 ; 56141500
\ts_waitcnt vmcnt(0) lgkmcnt(0) ; bf8c0070
\tv_fma_f32 v11, v4, v5, v11 ; d54b000b 042e0b04
\ts_cbranch_scc1 BB1 ; bf85fff0
BB2:
\tv_add_f32_e32 v1, v1, v1 ; 06020301
BB3:
\ts_load_dwordx4 s[0:3], s[8:9], null ; f4080004 fa000000
\ts_waitcnt lgkmcnt(0) ; bf8cc07f
\tbuffer_load_dword v0, v9, s[0:3], 0 offen ; e0301000 80000009
\ts_waitcnt vmcnt(0) ; bf8c3f70
\tv_add_f32_e32 v1, v0, v1 ; 06020300
\ts_cbranch_execz BB4 ; bf880001
\ts_branch BB3 ; bf82fff8
BB4:
\ts_cbranch_scc0 BB2 ; bf84fff4
\ts_endpgm ; bf810000

Compute Shader:
*** SHADER STATS ***
SGPRs: 128
VGPRs: 16
Spilled SGPRs: 1
Spilled VGPRs: 2
Code size: 152
LDS size: 512
Subgroups per SIMD: 32
";

fn read(printed: &str) -> Vec<Kernel> {
    let mut reader = Reader::default();
    assert_eq!(reader.line("VGPRs: 3"), None, "no pipeline was announced");
    reader.begin("example last=1");
    printed
        .lines()
        .filter_map(|line| reader.line(line))
        .collect()
}

#[test]
fn statistics_are_those_after_the_assembly() {
    let [kernel] = &read(PRINTED)[..] else {
        panic!("one kernel");
    };
    assert_eq!(
        (kernel.name.as_str(), kernel.lanes),
        ("example last=1", 128)
    );
    assert_eq!((kernel.sgprs, kernel.vgprs, kernel.spills), (128, 16, 3));
    assert_eq!(
        (kernel.shared_bytes, kernel.waves, kernel.code_bytes),
        (512, 32, 152)
    );
}

#[test]
fn inner_loops_are_counted_an_iteration_at_a_time() {
    let many = Loop {
        instructions: 9,
        fmas: 2,
        loads: 4,
        words: 10,
        descriptors: 0,
        shared_reads: 0,
        in_flight: 4,
        waits: 2,
        code_bytes: 56,
    };
    let one = Loop {
        instructions: 7,
        fmas: 0,
        loads: 1,
        words: 1,
        descriptors: 1,
        shared_reads: 0,
        in_flight: 1,
        waits: 2,
        code_bytes: 36,
    };
    let loops = &read(PRINTED)[0].loops;
    assert_eq!(
        loops[..],
        [many, one],
        "the loop around the second is no inner one"
    );
    assert_eq!([loops[0].done(), loops[1].done()], [2, 1]);
}

#[test]
fn a_wait_at_the_end_counts_what_the_last_iteration_left_under_way() {
    let body = [
        "BB0:",
        "buffer_load_dword v0",
        "s_waitcnt vmcnt(1)",
        "s_branch BB0",
    ];
    let found = loops(&body.map(String::from));
    assert_eq!(found[0].in_flight, 2);
}

#[test]
fn loops_of_workgroup_memory_count_where_a_kernel_has_no_others() {
    let shared = [
        "BB0:",
        "ds_read_b32 v0, v1",
        "ds_read_b32 v2, v3",
        "s_waitcnt lgkmcnt(0)",
        "s_branch BB0",
    ];
    let memory = ["BB1:", "buffer_load_dword v0", "s_branch BB1"];
    let found = loops(&shared.map(String::from));
    assert_eq!(
        (found.len(), found[0].shared_reads, found[0].in_flight),
        (1, 2, 2)
    );
    let both: Vec<String> = shared
        .iter()
        .chain(&memory)
        .map(|s| s.to_string())
        .collect();
    let found = loops(&both);
    assert_eq!((found.len(), found[0].loads), (1, 1));
}
