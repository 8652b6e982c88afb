// Pictures for a learner from images as they are stored: gathered, resized, augmented, normalised.
// One invocation writes one value. A picture is measured in taps, `side * taps` along each side;
// each output pixel is the mean of its `taps * taps` taps, and a tap is read from the image
// bilinearly, edges repeated.
struct Params {
    rows: u32, // pictures to write
    channels: u32,
    stored: u32, // side of an image in its pixels
    side: u32, // side of a picture in its pixels
    taps: u32, // taps along each side of an output pixel
    first: u32, // slot of the first image in this buffer
    held: u32, // images in this buffer
    slots: u32, // images in all buffers
    line: u32, // workgroups in a line of the grid
    seed: u32,
    flip: u32, // 1: half of the pictures are mirrored
    crop: u32, // largest shift, in output pixels
    rotation: f32, // largest angle, in radians
    brightness: f32, // largest change of the factor from 1
}

@group(0) @binding(0) var<uniform> params: Params;
// Bytes of images, [image, row, column, channel], four to a word.
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
// The data set's row number of each picture, then the slot of each.
@group(0) @binding(2) var<storage, read> lists: array<u32>;
// Mean and deviation of each channel, on a scale of 0 to 1.
@group(0) @binding(3) var<storage, read> moments: array<vec2f>;
// [picture, channel, row, column].
@group(0) @binding(4) var<storage, read_write> pictures: array<f32>;

const THREADS = 64u;

// How a picture differs from its image.
struct Motion {
    mirrored: bool,
    shift: vec2f, // in taps
    turn: vec2f, // sine and cosine
    gain: f32,
}

fn mix(number: u32) -> u32 {
    var z = number;
    z ^= z >> 16u;
    z *= 0x85ebca6bu;
    z ^= z >> 13u;
    z *= 0xc2b2ae35u;
    z ^= z >> 16u;
    return z;
}

// The random number of this purpose for a row in an epoch; nothing else decides it.
fn draw(row: u32, purpose: u32) -> u32 {
    let key = mix(row * 2654435761u + mix(params.seed + 0x9e3779b9u));
    return mix(key + purpose * 0x9e3779b9u);
}

// From -1 up to, not including, 1; exact in f32.
fn evenly(bits: u32) -> f32 {
    return f32(bits >> 8u) / 8388608.0 - 1.0;
}

// A shift in taps, whole output pixels.
fn shift_of(bits: u32) -> f32 {
    let pixels = i32(bits % (2u * params.crop + 1u)) - i32(params.crop);
    return f32(pixels * i32(params.taps));
}

// Sine and cosine by their series at half the angle, which lies within a quarter turn: a driver's
// own may be off by 2^-11, a visible part of a pixel in a large picture.
fn turn_by(angle: f32) -> vec2f {
    let h = 0.5 * angle;
    let x = h * h;
    let sine = h * (1.0 - x / 6.0 * (1.0 - x / 20.0 * (1.0 - x / 42.0 * (1.0 - x / 72.0
        * (1.0 - x / 110.0 * (1.0 - x / 156.0))))));
    let cosine = 1.0 - x / 2.0 * (1.0 - x / 12.0 * (1.0 - x / 30.0 * (1.0 - x / 56.0
        * (1.0 - x / 90.0 * (1.0 - x / 132.0 * (1.0 - x / 182.0))))));
    return vec2f(2.0 * sine * cosine, 1.0 - 2.0 * sine * sine);
}

fn motion(row: u32) -> Motion {
    var moved = Motion(false, vec2f(0.0), vec2f(0.0, 1.0), 1.0);
    if params.flip != 0u {
        moved.mirrored = (draw(row, 1u) >> 31u) != 0u;
    }
    if params.crop > 0u {
        moved.shift = vec2f(shift_of(draw(row, 2u)), shift_of(draw(row, 3u)));
    }
    if params.rotation > 0.0 {
        moved.turn = turn_by(params.rotation * evenly(draw(row, 4u)));
    }
    if params.brightness > 0.0 {
        moved.gain = 1.0 + params.brightness * evenly(draw(row, 5u));
    }
    return moved;
}

// Where in the image a point of the picture comes from, both in taps: the image is mirrored, turned
// about its centre, then shifted.
fn origin(point: vec2f, moved: Motion, extent: f32) -> vec2f {
    let away = point - moved.shift - 0.5 * extent;
    let sine = moved.turn.x;
    let cosine = moved.turn.y;
    let turned = vec2f(cosine * away.x + sine * away.y, cosine * away.y - sine * away.x);
    return select(turned, vec2f(-turned.x, turned.y), moved.mirrored) + 0.5 * extent;
}

// 1 inside the image, 0 from half a tap outside: taps of pictures that are not turned lie on one
// side or the other, and those of turned ones meet no jump that rounding could fall across.
fn inside(point: vec2f, extent: f32) -> f32 {
    let low = clamp(2.0 * point + 1.0, vec2f(0.0), vec2f(1.0));
    let high = clamp(2.0 * (extent - point) + 1.0, vec2f(0.0), vec2f(1.0));
    return low.x * low.y * high.x * high.y;
}

fn byte(start: u32, channel: u32, column: i32, row: i32) -> f32 {
    let last = i32(params.stored) - 1;
    let x = u32(clamp(column, 0, last));
    let y = u32(clamp(row, 0, last));
    let place = start + (y * params.stored + x) * params.channels + channel;
    return f32((pixels[place >> 2u] >> (8u * (place & 3u))) & 255u);
}

fn bilinear(start: u32, channel: u32, point: vec2f) -> f32 {
    let whole = floor(point);
    let part = point - whole;
    let x = i32(whole.x);
    let y = i32(whole.y);
    let above = between(byte(start, channel, x, y), byte(start, channel, x + 1, y), part.x);
    let below = between(byte(start, channel, x, y + 1), byte(start, channel, x + 1, y + 1), part.x);
    return between(above, below, part.y);
}

fn between(a: f32, b: f32, part: f32) -> f32 {
    return a + part * (b - a);
}

fn value(start: u32, channel: u32, column: u32, row: u32, moved: Motion) -> f32 {
    let taps = params.taps;
    let extent = f32(params.side * taps);
    let scale = f32(params.stored) / extent;
    var sum = 0.0;
    var weights = 0.0;
    for (var y = row * taps; y < (row + 1u) * taps; y++) {
        for (var x = column * taps; x < (column + 1u) * taps; x++) {
            let source = origin(vec2f(f32(x), f32(y)) + 0.5, moved, extent);
            let weight = inside(source, extent);
            if weight > 0.0 {
                sum += weight * bilinear(start, channel, source * scale - 0.5);
                weights += weight;
            }
        }
    }
    if weights == 0.0 {
        return 0.0;
    }
    let seen = clamp(sum / (weights * 255.0) * moved.gain, 0.0, 1.0);
    let moment = moments[channel];
    // What lies outside the image has the channel's mean, which is 0 here.
    return weights / f32(taps * taps) * ((seen - moment.x) / moment.y);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let area = params.side * params.side;
    let place = (group.y * params.line + group.x) * THREADS + lane;
    let picture = place / (area * params.channels);
    if picture >= params.rows {
        return;
    }
    // A slot past the end would leave its picture unwritten.
    let slot = min(lists[params.rows + picture], params.slots - 1u);
    if slot < params.first || slot - params.first >= params.held {
        return;
    }
    let start = (slot - params.first) * params.stored * params.stored * params.channels;
    let channel = place / area % params.channels;
    let pixel = place % area;
    let moved = motion(lists[picture]);
    pictures[place] = value(start, channel, pixel % params.side, pixel / params.side, moved);
}
