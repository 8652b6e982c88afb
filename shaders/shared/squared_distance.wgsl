// Between a row of the embedding and a centre. Needs `clusters.wgsl` and the variables `embedding`
// and `centres`.
fn squared_distance(row: u32, centre: u32) -> f32 {
    var sum = 0.0;
    for (var quad = 0u; quad < quads(); quad++) {
        let difference = embedding[row * quads() + quad] - centres[centre * quads() + quad];
        sum += dot(difference, difference);
    }
    return sum;
}
