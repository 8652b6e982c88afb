// Changes that are looked at together. Mirrors `Round` in src/coverage/greedy/buffers.rs.
struct Round {
    first: u32,
    // Changes at most, a multiple of a tile.
    most: u32,
}

// How many of `all` changes are in the round.
fn changes_in(all: u32, window: Round) -> u32 {
    return min(all - min(all, window.first), window.most);
}
