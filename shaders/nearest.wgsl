// The most similar candidates of each row of a block, most similar first, by one workgroup a row.
// Each lane proposes the best of its candidates that is not taken yet, and the best proposal is
// taken. Candidates are the span's columns and, from the second span on, what the spans before left
// in the lists. Ties go to the lower row number; the row itself and invalid rows are no candidates.
#import "shared/block.wgsl"

@group(0) @binding(0) var<uniform> block: Block;
@group(0) @binding(1) var<storage, read> valid: array<u32>;
@group(0) @binding(2) var<storage, read> similarity: array<f32>;
// [row][place]; both are written in full.
@group(0) @binding(3) var<storage, read_write> neighbour: array<u32>;
@group(0) @binding(4) var<storage, read_write> neighbour_similarity: array<f32>;

// Length of a list; at most as many as lanes.
override list_length: u32 = 15u;

const LANES = 64u;
#import "shared/candidates.wgsl"

// The best of the lane's columns, and of its entry of the list, that comes after `taken`.
fn next_candidate(row: u32, place: u32, lane: u32, listed: Candidate, taken: Candidate) -> Candidate {
    var best = Candidate(-3e38, NONE);
    if valid[row] == 0u {
        return best;
    }
    if listed.column != NONE && is_ahead(taken, listed) {
        best = listed;
    }
    for (var column = lane; column < block.span_rows; column += LANES) {
        let other = block.span_first + column;
        if other != row && valid[other] == 1u {
            let candidate = Candidate(similarity[place * block.span_stride + column], other);
            if is_ahead(taken, candidate) && is_ahead(candidate, best) {
                best = candidate;
            }
        }
    }
    return best;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let place = group.x;
    let row = block.first + place;
    let list = row * list_length;
    var listed = Candidate(-3e38, NONE);
    if block.span_first > 0u && lane < list_length {
        listed = Candidate(neighbour_similarity[list + lane], neighbour[list + lane]);
    }
    var own = next_candidate(row, place, lane, listed, Candidate(3e38, 0u));
    build_tree(lane, own);
    // Every lane has read its entry of the list.
    storageBarrier();
    for (var taken = 0u; taken < list_length; taken++) {
        let best = workgroupUniformLoad(&candidates[1]);
        if lane == 0u {
            neighbour[list + taken] = best.column;
            neighbour_similarity[list + taken] = select(0.0, best.similarity, best.column != NONE);
        }
        if best.column == own.column && best.column != NONE {
            own = next_candidate(row, place, lane, listed, own);
            renew_path(lane, own);
        }
    }
}
