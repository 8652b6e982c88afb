// Where a dispatch lies that takes a piece of a kernel's grid; all 0 where it takes the whole.
// Mirrors `PieceParams` in src/kernel/pieces.rs.
struct Piece {
    // Its first workgroup, or what a kernel divides among workgroups instead.
    first: vec3<u32>,
    // How many along x, of those that a kernel divides.
    count: u32,
}
