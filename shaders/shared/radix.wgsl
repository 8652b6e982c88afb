// What the kernels over tiles of rows share. Mirrors `RADIX_TILE` in src/workspace/sizes.rs.
const THREADS = 256u;
// Rows of a workgroup.
const TILE = 2048u;

fn tiles(rows: u32) -> u32 {
    return (rows + TILE - 1u) / TILE;
}
