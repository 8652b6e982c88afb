// The most similar rows of each row as bits, by one workgroup a row: each lane proposes the most
// similar of its columns that is not taken yet, the root of a tree of candidates is taken, and its
// lane looks for the next one and renews its path in the tree. Ties go to the lower row number; the
// row itself and invalid rows are never candidates.
#import "shared/params.wgsl"
#import "shared/bits.wgsl"

@group(0) @binding(1) var<storage, read> valid: array<u32>;
@group(0) @binding(2) var<storage, read> similarity: array<f32>;
// [row][word]: bit j of a row says that row j is among its neighbours.
@group(0) @binding(3) var<storage, read_write> chosen: array<u32>;

override neighbours: u32 = 15u;

const LANES = 64u;
// Words of the longest row of bits.
const MAX_WORDS = 1024u;
#import "shared/candidates.wgsl"

var<workgroup> bits: array<u32, MAX_WORDS>;

// The best of the lane's columns that come after `taken`.
fn next_candidate(row: u32, lane: u32, taken: Candidate) -> Candidate {
    var best = Candidate(-3e38, NONE);
    if valid[row] == 0u {
        return best;
    }
    for (var column = lane; column < params.rows; column += LANES) {
        if column != row && valid[column] == 1u {
            let candidate = Candidate(similarity[row * params.leading + column], column);
            if is_ahead(taken, candidate) && is_ahead(candidate, best) {
                best = candidate;
            }
        }
    }
    return best;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let row = group.x;
    for (var word = lane; word < bit_words(); word += LANES) {
        bits[word] = 0u;
    }
    var own = next_candidate(row, lane, Candidate(3e38, 0u));
    build_tree(lane, own);
    for (var taken = 0u; taken < neighbours; taken++) {
        let column = workgroupUniformLoad(&candidates[1].column);
        if column == NONE {
            break;
        }
        if column % LANES == lane {
            bits[column / 32u] |= 1u << (column % 32u);
            own = next_candidate(row, lane, own);
            renew_path(lane, own);
        }
    }
    workgroupBarrier();
    for (var word = lane; word < bit_words(); word += LANES) {
        chosen[row * bit_stride() + word] = bits[word];
    }
}
