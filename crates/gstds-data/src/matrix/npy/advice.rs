//! How an array that is not read becomes one that is, as an expression of NumPy.

/// The conversion of `features` with this dtype to float32.
pub(super) fn features(descr: &str) -> String {
    if descr.starts_with('[') {
        let fields = numeric_fields(descr);
        let fields: Vec<String> = fields.iter().map(|name| format!("'{name}'")).collect();
        return format!(
            "__import__('numpy.lib.recfunctions', fromlist=['']).structured_to_unstructured(features[[{}]]).astype('float32')",
            fields.join(", ")
        );
    }
    match kind(descr) {
        ('V', "2") => "(features.view('uint16').astype('uint32') << 16).view('float32'), which takes them for bfloat16".into(),
        ('O', _) => "numpy.stack(list(numpy.load(path, allow_pickle=True))).astype('float32')".into(),
        ('c', _) => "numpy.concatenate([features.real, features.imag], axis=-1).astype('float32')".into(),
        _ => "features.astype('float32')".into(),
    }
}

/// The conversion of `labels` with this dtype and shape to a vector of integers or, of text, to a
/// file with a class a line.
pub(super) fn labels(descr: &str, shape: &[u64]) -> String {
    let lines = |text: &str| {
        format!(
            "numpy.savetxt('labels.txt', {text}, fmt='%s', encoding='utf-8'), and give labels.txt"
        )
    };
    if let Some(field) = numeric_fields(descr).first() {
        return format!("labels['{field}'].reshape(-1).astype('int64')");
    }
    match (kind(descr).0, shape) {
        ('U', _) => lines("labels.ravel()"),
        ('S', _) => lines("numpy.char.decode(labels.ravel(), 'utf-8')"),
        ('O', _) => lines("numpy.load(path, allow_pickle=True).ravel().astype(str)"),
        ('i' | 'u' | 'f' | 'b', [_, columns]) if *columns > 1 => {
            "labels.argmax(axis=1), where each row marks its class".into()
        }
        _ => "labels.reshape(-1).astype('int64')".into(),
    }
}

/// The conversion of `rows` with this dtype to a vector of row numbers.
pub(super) fn rows(descr: &str, _shape: &[u64]) -> String {
    match kind(descr).0 {
        'b' => "numpy.flatnonzero(rows), which takes it for a mask".into(),
        _ => "rows.reshape(-1).astype('int64')".into(),
    }
}

/// Kind and size of a plain dtype such as `<f4`.
fn kind(descr: &str) -> (char, &str) {
    let plain = descr.trim_start_matches(['<', '>', '|', '=']);
    let mut letters = plain.chars();
    (letters.next().unwrap_or(' '), letters.as_str())
}

/// Names of the fields of a structured dtype that hold numbers.
fn numeric_fields(descr: &str) -> Vec<String> {
    let mut names = Vec::new();
    if !descr.starts_with('[') {
        return names;
    }
    // ('name', '<f4') or ('name', '<f4', (3,)).
    for field in descr.split('(').skip(1) {
        let mut quoted = field.split('\'').skip(1).step_by(2);
        if let (Some(name), Some(dtype)) = (quoted.next(), quoted.next())
            && matches!(kind(dtype).0, 'f' | 'i' | 'u' | 'b')
        {
            names.push(name.into());
        }
    }
    names
}
