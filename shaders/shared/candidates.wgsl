// A tree of candidates in workgroup memory, whose root is the best: entry i is the better of entries
// 2i and 2i + 1, and the lanes' own come last. Needs the constant `LANES`, a power of two.
const NONE = 0xffffffffu;

struct Candidate {
    similarity: f32,
    column: u32,
}
var<workgroup> candidates: array<Candidate, 2u * LANES>;

// More similar, or as similar and of the lower row number.
fn is_ahead(a: Candidate, b: Candidate) -> bool {
    return a.similarity > b.similarity || (a.similarity == b.similarity && a.column < b.column);
}

fn renew(node: u32) {
    let second = is_ahead(candidates[2u * node + 1u], candidates[2u * node]);
    candidates[node] = candidates[2u * node + u32(second)];
}

fn build_tree(lane: u32, own: Candidate) {
    candidates[LANES + lane] = own;
    workgroupBarrier();
    for (var level = LANES / 2u; level > 0u; level /= 2u) {
        if lane < level {
            renew(level + lane);
        }
        workgroupBarrier();
    }
}

fn renew_path(lane: u32, own: Candidate) {
    candidates[LANES + lane] = own;
    for (var node = (LANES + lane) / 2u; node > 0u; node /= 2u) {
        renew(node);
    }
}
