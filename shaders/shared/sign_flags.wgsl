// What the features of a call say of the signs of similarities: whether any valid row has a negative
// entry, and whether two rows have a negative similarity.
//
// $FEATURE and $PAIR are u32, or atomic<u32> where a kernel sets them.
struct SignFlags {
    negative_feature: $FEATURE,
    negative_pair: $PAIR,
}
