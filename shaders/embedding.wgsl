// The spectral embedding of every row, at unit length: its entries of the eigenvectors. A row that
// has none stays zero. One thread a row.
#import "shared/params.wgsl"

@group(0) @binding(1) var<storage, read> stored: array<f32>;
@group(0) @binding(2) var<storage, read> vector_scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> embedding: array<vec4<f32>>;

override vectors: u32 = 1u;

fn entry(row: u32, vector: u32) -> f32 {
    if vector >= vectors {
        return 0.0;
    }
    return stored[vector * params.leading + row] * vector_scales[vector];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let row = id.x;
    if row >= params.rows {
        return;
    }
    let quads = (vectors + 3u) / 4u;
    var largest = 0.0;
    for (var vector = 0u; vector < vectors; vector++) {
        largest = max(largest, abs(entry(row, vector)));
    }
    var squares = 0.0;
    for (var vector = 0u; vector < vectors; vector++) {
        let value = entry(row, vector) / max(largest, 1e-30);
        squares = fma(value, value, squares);
    }
    let norm = max(sqrt(squares), 1e-30) * max(largest, 1e-30);
    for (var quad = 0u; quad < quads; quad++) {
        let first = 4u * quad;
        let values = vec4(entry(row, first), entry(row, first + 1u),
            entry(row, first + 2u), entry(row, first + 3u));
        embedding[row * quads + quad] = select(vec4<f32>(), values / norm, largest > 1e-30);
    }
}
