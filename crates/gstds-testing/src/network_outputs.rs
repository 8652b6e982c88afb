//! What recorded outputs of networks are compared with.

/// The picture that `record.py` and `record_resnets.py` draw: u8, `[side, side, 3]`.
pub fn picture(side: usize) -> Vec<u8> {
    let s = side as i64;
    let pixel = |y: i64, x: i64| {
        let inside = (2 * x - s).pow(2) + (2 * y - s).pow(2) < s * s * 4 / 9;
        let green = if inside { 230 } else { y * 255 / (s - 1) };
        let checker = (x * 8 / s + y * 8 / s) % 2 == 1;
        let blue = if checker { 200 } else { 40 };
        [(x * 255 / (s - 1)) as u8, green as u8, blue]
    };
    (0..s)
        .flat_map(|y| (0..s).flat_map(move |x| pixel(y, x)))
        .collect()
}

/// Little-endian f32.
pub fn floats(bytes: &[u8]) -> Vec<f32> {
    let floats = bytes.as_chunks().0.iter();
    floats.map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

/// Panics where two outputs differ by more than `tolerance` anywhere, or in length.
pub fn assert_close(output: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(output.len(), expected.len(), "{what}");
    let differences = output.iter().zip(expected).map(|(a, b)| (a - b).abs());
    let worst = differences.fold(0.0, f32::max);
    println!("{what}: largest difference {worst:e}");
    assert!(worst <= tolerance, "{what}: {worst} is over {tolerance}");
}
