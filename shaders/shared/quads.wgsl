// Four f16 in two words.
fn unpack_quad(words: vec2<u32>) -> vec4<f32> {
    return vec4(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn pack_quad(values: vec4<f32>) -> vec2<u32> {
    return vec2(pack2x16float(values.xy), pack2x16float(values.zw));
}
