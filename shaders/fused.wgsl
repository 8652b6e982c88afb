#variants many wide subgroup
// All of a selection that follows the similarities, by one workgroup a graph and a lane a row:
// degrees, affinity, operator, Lanczos, scores, order and rule. S is symmetric, so a lane reads a
// column where it wants a row: neighbouring lanes read neighbouring words, and no product needs a
// reduction.
#import "shared/params.wgsl"
#import "shared/state.wgsl"
#import "shared/status.wgsl"
#if many
#import "shared/graphs.wgsl"
#import "shared/piece.wgsl"
#endif

alias Entry = f32;

@group(0) @binding(1) var<storage, read> similarity: array<f32>;
@group(0) @binding(2) var<storage, read> valid: array<u32>;
@group(0) @binding(3) var<storage, read_write> basis: array<Entry>;
@group(0) @binding(4) var<storage, read_write> scores: array<f32>;
@group(0) @binding(5) var<storage, read_write> order: array<u32>;
@group(0) @binding(6) var<storage, read_write> kept: array<u32>;
@group(0) @binding(7) var<storage, read_write> status: array<Status>;
#if many
@group(0) @binding(8) var<storage, read> graphs: array<GraphRange>;
@group(0) @binding(9) var<uniform> piece: Piece;
#endif

override symmetric: bool = true;
// False where the rule needs no Fiedler vector.
override spectral: bool = true;
// Solver steps at most.
override steps: u32 = 32u;
override ascending: bool = true;

// Larger than any similarity.
const NONE = 2.0;
const NOWHERE = 3e38;

// Where the graph's rows begin in buffers of a word a row, and its vectors in the basis.
var<private> origin: u32;
var<private> basis_origin: u32;

var<workgroup> source: array<f32, THREADS>;
var<workgroup> product: array<Entry, THREADS>;
var<workgroup> keys: array<u32, THREADS>;
var<workgroup> ranked: array<u32, THREADS>;
var<workgroup> marks: array<u32, THREADS>;

fn inner(a: Entry, b: Entry) -> f32 {
    return a * b;
}

fn entries() -> u32 {
    return params.leading;
}

fn place(vector: u32, entry: u32) -> u32 {
    return basis_origin + vector * params.leading + entry;
}

#import "shared/reduce.wgsl"
#import "shared/tridiagonal.wgsl"
#import "shared/gram_schmidt.wgsl" BARRIER=workgroupBarrier
#import "shared/lanczos.wgsl"
#import "shared/hash.wgsl"
#import "shared/decision.wgsl"
#import "shared/score.wgsl" ENTRY=f32
#import "shared/as_computed.wgsl"
#import "shared/keys.wgsl"
#import "shared/choice.wgsl"

// The lane's row: what the operator needs of it.
struct Row {
    present: bool,
    degree: f32,
    // What the degree has beyond the smallest one.
    excess: f32,
    // D^-1/2 (sym) or 1 (un); 0 for an invalid row.
    root: f32,
}

struct Graph {
    rows: u32,
    valid: u32,
    shift: f32,
    scale: f32,
    floor: f32,
    // Smallest, largest, and largest without the diagonal.
    degrees: vec3<f32>,
}

struct Solution {
    steps: u32,
    ritz: f32,
    flags: u32,
}

fn at(row: u32, column: u32) -> u32 {
    return (origin + row) * params.leading + column;
}

fn lowest() -> f32 {
    return select(-1e30, 0.0, affinity_kind > AUTO);
}

// Sum and smallest entry of the lane's row over valid columns, as `degree.wgsl` has them. Columns
// are valid where `source` is 1.
fn row_summary(lane: u32, rows: u32) -> vec2<f32> {
    var sum = 0.0;
    var minimum = NONE;
    for (var other = 0u; other < rows; other++) {
        let entry = similarity[at(other, lane)];
        let there = source[other] > 0.0;
        sum += select(0.0, max(entry, lowest()), there);
        minimum = min(minimum, select(NONE, entry, there));
    }
    return vec2(sum, minimum / max(similarity[at(lane, lane)], 0.5));
}

fn degree_extremes(lane: u32, row: Row, diagonal: f32) -> vec3<f32> {
    let low = workgroup_min(lane, select(3e38, row.degree, row.present));
    let high = workgroup_max(lane, select(-3e38, row.degree, row.present));
    let edges = select(0.0, abs(row.degree - diagonal), row.present);
    return vec3(low, high, workgroup_max(lane, edges));
}

// What four columns from `first` on add to the lane's row of W times `source`.
fn four_columns(lane: u32, first: u32, graph: Graph, so_far: vec4<f32>) -> vec4<f32> {
    let stride = params.leading;
    let start = at(first, lane);
    let line = vec4(
        similarity[start],
        similarity[start + stride],
        similarity[start + 2u * stride],
        similarity[start + 3u * stride],
    );
    let x = vec4(source[first], source[first + 1u], source[first + 2u], source[first + 3u]);
    let weights = fma(vec4(graph.scale), line, vec4(graph.shift));
    return fma(max(weights, vec4(graph.floor)), x, so_far);
}

// The lane's row of W times `source`, which is zero beyond the graph's rows. Eight columns at a
// time, so that as many loads are under way.
fn affinity_product(lane: u32, graph: Graph) -> f32 {
    var even = vec4<f32>();
    var odd = vec4<f32>();
    if lane < graph.rows {
        for (var other = 0u; other < graph.rows; other += 8u) {
            even = four_columns(lane, other, graph, even);
            odd = four_columns(lane, other + 4u, graph, odd);
        }
    }
    return dot(even + odd, vec4(1.0));
}

// The lane's entry of the operator times the vector that the lanes hold.
fn apply(lane: u32, graph: Graph, row: Row, entry: f32) -> f32 {
    source[lane] = row.root * entry;
    workgroupBarrier();
    let sum = row.root * affinity_product(lane, graph);
    return select(sum - row.excess * entry, sum, symmetric);
}

fn store_vector(lane: u32, vector: u32, entry: f32) {
    if lane < params.leading {
        basis[place(vector, lane)] = entry;
    }
}

// Writes the trivial vector and returns the start vector's entry, deflated twice because one pass
// leaves a rounding error of the size of the part removed.
fn start(lane: u32, row: Row) -> f32 {
    let unscaled = select(0.0, select(1.0, sqrt(row.degree), symmetric), row.present);
    let trivial = unscaled / sqrt(workgroup_sum(lane, unscaled * unscaled));
    store_vector(lane, 0u, trivial);
    var entry = select(0.0, start_entry(lane), row.present);
    for (var pass_number = 0u; pass_number < 2u; pass_number++) {
        let along = workgroup_sum(lane, trivial * entry);
        entry = fma(-along, trivial, entry);
    }
    return entry / sqrt(workgroup_sum(lane, entry * entry));
}

fn lanczos(lane: u32, graph: Graph, row: Row) -> Solution {
    let norm = select(graph.degrees.y, 1.0, symmetric);
    let limit = min(graph.valid - 1u, steps);
    var entry = start(lane, row);
    var magnitude = 0.0;
    var ritz = 0.0;
    var exhausted = false;
    var done = 0u;
    loop {
        store_vector(lane, done + 1u, entry);
        product[lane] = apply(lane, graph, row, entry);
        storageBarrier();
        workgroupBarrier();
        let beta = orthogonalize(lane, done + 2u);
        // Uniform, as branches around barriers must be.
        let alpha = workgroupUniformLoad(&alpha_found);
        if lane == 0u {
            t_alpha[done] = alpha;
            t_beta[done] = beta;
        }
        done++;
        magnitude = max(magnitude, max(abs(alpha), beta));
        exhausted = is_exhausted(beta, magnitude, norm);
        let last = exhausted || done >= limit;
        if last || is_estimated(done) {
            ritz = top_eigenpair(lane, done);
            if is_converged(done, beta, norm) || last {
                break;
            }
        }
        entry = product[lane] / beta;
    }
    return Solution(done, ritz, select(0u, FLAG_BREAKDOWN, exhausted));
}

fn fiedler_entry(lane: u32, width: u32) -> f32 {
    var value = 0.0;
    if lane < params.leading {
        for (var vector = 0u; vector < width; vector++) {
            value = fma(t_vector[vector], basis[place(vector + 1u, lane)], value);
        }
    }
    return value;
}

// The unit, signed score of the lane's row and the residual, as `score.wgsl` has them.
fn score(lane: u32, graph: Graph, row: Row, solution: Solution) -> vec2<f32> {
    let fiedler = fiedler_entry(lane, solution.steps);
    var value = select(0.0, fiedler * row.root, fiedler != 0.0);
    source[lane] = value;
    workgroupBarrier();
    let image = select(0.0, affinity_product(lane, graph), row.root > 0.0);
    let distance = gap(row.excess, solution.ritz);
    let difference = residual_entry(row.root, image, fiedler, distance, solution.ritz);
    let inside = lane < graph.rows;
    let squares = workgroup_sum(lane, select(0.0, difference * difference, inside));
    let residual = sqrt(squares) / select(graph.degrees.y, 1.0, symmetric);

    if row.root > 0.0 && is_polishable(solution.ritz, graph.degrees.x) {
        value = image / select(distance, row.degree, symmetric);
    }
    let norm = sqrt(workgroup_sum(lane, value * value));
    value = select(0.0, value / norm, norm > 0.0);
    product[lane] = value;
    let cubes = workgroup_sum(lane, value * value * value);
    let largest = workgroup_max(lane, abs(value));
    let large = inside && abs(value) >= NEARLY_LARGEST * largest;
    let first = workgroup_min(lane, select(NOWHERE, f32(lane), large));
    let turned = is_turned(cubes, product[found_row(first, graph.rows)]);
    return vec2(select(value, -value, turned), residual);
}

// Ranks the rows, as `rank.wgsl` does, and lists those kept, as `keep.wgsl` does. Both lists end in
// zeros.
fn write_kept(lane: u32, graph: Graph, kept_rows: u32, mode: u32, key: u32) {
    keys[lane] = key;
    marks[lane] = 0u;
    workgroupBarrier();
    if lane < graph.rows {
        var ahead = 0u;
        for (var other = 0u; other < graph.rows; other++) {
            ahead += u32(keys[other] > key || (keys[other] == key && other < lane));
        }
        ranked[ahead] = lane;
        order[origin + ahead] = lane;
    } else if lane < params.leading {
        order[origin + lane] = 0u;
    }
    if lane >= kept_rows && lane < params.leading {
        kept[origin + lane] = 0u;
    }
    workgroupBarrier();
    if lane < kept_rows {
        let row = ranked[chosen_rank(lane, mode, graph.valid, kept_rows, params.seed)];
        if ascending {
            marks[row] = 1u;
        } else {
            kept[origin + lane] = row;
        }
    }
    workgroupBarrier();
    if ascending && marks[lane] == 1u {
        var before = 0u;
        for (var other = 0u; other < lane; other++) {
            before += marks[other];
        }
        kept[origin + before] = lane;
    }
}

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
#if subgroup
    @builtin(subgroup_invocation_id) invocation: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
#endif
) {
#if subgroup
    set_subgroup(invocation, subgroup, subgroups);
#endif
#if many
    let number = piece.first.x + group.x;
    let rows = graphs[number].rows;
    let kept_rows = graphs[number].kept;
#else
    let number = group.x;
    let rows = params.rows;
    let kept_rows = params.kept;
#endif
    origin = number * params.leading;
    basis_origin = origin * (steps + 1u);

    let present = lane < rows && valid[origin + min(lane, rows - 1u)] == 1u;
    source[lane] = f32(present);
    let valid_rows = u32(workgroup_sum(lane, f32(present)));
    let looks = spectral && kept_rows < rows;
    var summary = vec2(0.0, NONE);
    if looks && present {
        summary = row_summary(lane, rows);
    }
    let minimum = workgroup_min(lane, summary.y);
    let shifted = shifts(minimum);
    let shift = select(0.0, 0.5, shifted);
    let scale = select(1.0, 0.5, shifted);
    var graph = Graph(rows, valid_rows, shift, scale, lowest(), vec3<f32>());

    var decision = decide_by_count(valid_rows, rows, kept_rows);
    var solution = Solution();
    var scored = vec2<f32>();
    if decision.mode == MODE_SOLVE && spectral {
        let total = select(0.0, shift * f32(valid_rows) + scale * summary.x, present);
        var row = Row(present, total, 0.0, 0.0);
        graph.degrees = degree_extremes(lane, row, shift + scale);
        decision = decide_by_graph(valid_rows, minimum, graph.degrees, decision.flags);
        if decision.mode == MODE_SOLVE {
            row.excess = as_computed(total - graph.degrees.x);
            row.root = select(0.0, select(1.0, 1.0 / sqrt(total), symmetric), present);
            solution = lanczos(lane, graph, row);
            scored = score(lane, graph, row, solution);
            decision.flags |= solution.flags;
        }
    }
    let solved = solution.steps > 0u;
    let lambda2 = select(0.0, lambda2_of(solution.ritz, graph.degrees.x), solved);
    if solved {
        let norm = select(graph.degrees.y, 1.0, symmetric);
        decision.flags |= solved_flags(lambda2, scored.y, norm);
    }
    if lane < params.leading {
        // Other rows may have got a zero with a sign.
        scores[origin + lane] = select(0.0, scored.x, present);
    }
    let key = row_key(lane, scored.x, present, decision.mode, decision.flags);
    write_kept(lane, graph, kept_rows, decision.mode, key);
    if lane == 0u {
        let least = select(0.0, minimum, valid_rows > 0u && looks);
        status[number] = Status(
            lambda2, scored.y, solution.steps, rows, valid_rows, kept_rows, decision.flags, least,
            graph.degrees.x, graph.degrees.y, shift, scale, array<u32, 4>(),
        );
    }
}
