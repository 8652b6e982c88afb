//! Advice in messages about files that cannot be read is followed as it is, and must work.

use std::fs;
use std::path::Path;

use crate::program::run;
use crate::python::{has, python};

/// Makes the file of a case with NumPy.
fn make(folder: &Path, code: &str) {
    let code = format!("import numpy, numpy as np\nr = np.random.default_rng(1)\n{code}");
    let made = python(folder, &["-c", &code]);
    assert_eq!(made.code, Some(0), "{code}: {}", made.stderr);
}

/// What follows these words in the error of a run that must fail.
fn advice(folder: &Path, line: &str, words: &str) -> String {
    let run = run(folder, line);
    run.fails(1, words);
    let (_, code) = run.stderr.trim().split_once(words).unwrap();
    // What stands behind a comma and a space that no bracket encloses is prose.
    let mut depth = 0;
    let end = code.char_indices().find(|&(_, letter)| {
        depth += i32::from("([".contains(letter)) - i32::from(")]".contains(letter));
        depth == 0 && letter == ','
    });
    code[..end.map_or(code.len(), |(at, _)| at)].to_owned()
}

const SELECT: &str = "select --features f.npy --count 4 --output k.csv --force";

#[test]
fn arrays_of_other_types_become_features_as_the_message_says() {
    if !has("numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let cases = [
        "np.save('f.npy', r.normal(size=(9, 3)).astype('f4').view('u4').__rshift__(16).astype('u2').view('V2'))",
        "np.save('f.npy', r.normal(size=(9, 3)).astype(object), allow_pickle=True)",
        "a = np.empty(9, object); a[:] = [r.normal(size=3) for _ in range(9)]; np.save('f.npy', a, allow_pickle=True)",
        "a = np.zeros(9, [('id', 'U4'), ('x', '<f4'), ('y', '<f8', (3,))]); a['y'] = r.normal(size=(9, 3)); np.save('f.npy', a)",
        "np.save('f.npy', r.integers(0, 9, (9, 3)))",
        "np.save('f.npy', r.integers(0, 9, (9, 3)) > 4)",
        "np.save('f.npy', r.normal(size=(9, 3)).astype('c16'))",
        "np.save('f.npy', r.normal(size=(9, 3)).astype('longdouble'))",
        "np.save('f.npy', r.normal(size=(9, 3)).astype(str))",
        "np.save('f.npy', r.normal(size=(9, 3, 2)))",
        "np.save('f.npy', r.normal(size=9))",
    ];
    for case in cases {
        make(folder, case);
        let code = advice(folder, SELECT, "in NumPy: ");
        let load = match code.contains("numpy.load") {
            true => "path = 'f.npy'",
            false => "features = numpy.load('f.npy')",
        };
        make(folder, &format!("{load}; numpy.save('f.npy', {code})"));
        let run = run(folder, SELECT);
        assert_eq!(run.code, Some(0), "{case}: {code}: {}", run.stderr);
    }
    for shape in ["()", "(0, 3, 2)", "(0,)"] {
        make(folder, &format!("np.save('f.npy', np.ones({shape}))"));
        run(folder, SELECT).fails(1, "at least one sample with one feature is needed");
    }
}

#[test]
fn labels_of_other_types_become_classes_as_the_message_says() {
    if !has("numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make(folder, "np.save('f.npy', r.normal(size=(9, 3)))");
    let names = "['cät', 'dog', 'cät', 'a b', 'dog', 'dog', 'cät', 'a b', 'cät']";
    let line = format!("{SELECT} --by-class equal");
    let cases = [
        "np.save('l.npy', r.integers(0, 3, (9, 1)))".to_owned(),
        "np.save('l.npy', r.integers(0, 3, 9).astype('f4'))".into(),
        "np.save('l.npy', r.integers(0, 3, 9) > 1)".into(),
        "np.save('l.npy', r.integers(0, 3, 9).astype('u8'))".into(),
        "np.save('l.npy', np.eye(3)[r.integers(0, 3, 9)])".into(),
        "np.save('l.npy', np.array(list(zip(range(9))), [('c', 'i4')]))".into(),
        format!("np.save('l.npy', np.array({names}))"),
        format!("np.save('l.npy', np.array({names}).reshape(9, 1))"),
        format!("np.save('l.npy', np.char.encode(np.array({names}), 'utf-8'))"),
        format!("np.save('l.npy', np.array({names}, object), allow_pickle=True)"),
    ];
    for case in cases {
        make(folder, &case);
        let code = advice(folder, &format!("{line} --labels l.npy"), "in NumPy: ");
        let load = match code.contains("numpy.load") {
            true => "path = 'l.npy'",
            false => "labels = numpy.load('l.npy')",
        };
        let labels = match code.starts_with("numpy.savetxt") {
            true => {
                make(folder, &format!("{load}; {code}"));
                "labels.txt"
            }
            false => {
                make(folder, &format!("{load}; numpy.save('l.npy', {code})"));
                "l.npy"
            }
        };
        let run = run(folder, &format!("{line} --labels {labels}"));
        assert_eq!(run.code, Some(0), "{case}: {code}: {}", run.stderr);
        let table = fs::read_to_string(folder.join("k.csv")).unwrap();
        assert_eq!(
            table.contains(",cät"),
            labels == "labels.txt",
            "{case}: {table}"
        );
    }
}

#[test]
fn files_in_other_formats_are_converted_by_the_line_of_the_message() {
    let cases = [
        (
            "numpy",
            "f.npz",
            "np.savez('f.npz', x=r.normal(size=(9, 3)))",
        ),
        (
            "numpy",
            "f.csv",
            "np.savetxt('f.csv', r.normal(size=(9, 3)), delimiter=',')",
        ),
        (
            "numpy",
            "f.tsv",
            "np.savetxt('f.tsv', r.normal(size=(9, 3)), delimiter='\\t', header='a\\tb\\tc', comments='')",
        ),
        (
            "numpy",
            "f.txt",
            "np.savetxt('f.txt', r.normal(size=(9, 3)))",
        ),
        (
            "numpy",
            "g.csv",
            "open('g.csv', 'w').write('path,x,y\\n' + ''.join(f'{i}.png,{i},1\\n' for i in range(9)))",
        ),
        (
            "numpy",
            "it's.csv",
            "np.savetxt(\"it's.csv\", r.normal(size=(9, 3)), delimiter=',')",
        ),
        (
            "numpy",
            "f.pkl",
            "import pickle; pickle.dump(r.normal(size=(9, 3)), open('f.pkl', 'wb'))",
        ),
        (
            "numpy",
            "f.npy.gz",
            "import gzip; np.save(gzip.open('f.npy.gz', 'wb'), r.normal(size=(9, 3)).astype('f4'))",
        ),
        (
            "numpy, polars",
            "f.parquet",
            "import polars; polars.DataFrame({'embedding': r.normal(size=(9, 3)).tolist()}).write_parquet('f.parquet')",
        ),
        (
            "numpy, polars",
            "f.arrow",
            "import polars; polars.DataFrame({'embedding': r.normal(size=(9, 3)).tolist()}).write_ipc('f.arrow')",
        ),
        (
            "numpy, h5py",
            "f.h5",
            "import h5py; h5py.File('f.h5', 'w')['features'] = r.normal(size=(9, 3))",
        ),
        (
            "numpy, safetensors",
            "s.npy",
            "from safetensors.numpy import save_file; save_file({'x': r.normal(size=(9, 3)).astype('f4')}, 's.npy')",
        ),
        (
            "numpy, torch",
            "f.pt",
            "import torch; torch.save(torch.ones(9, 3, requires_grad=True), 'f.pt')",
        ),
    ];
    for (modules, name, case) in cases {
        if !has(modules) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        make(folder, case);
        let line = |name: &Path| {
            format!(
                "select --features {} --count 4 --output k.csv",
                name.display()
            )
        };
        let refused = run(folder, &line(Path::new(name)));
        refused.fails(1, "in Python: ");
        let (_, code) = refused.stderr.trim().split_once("in Python: ").unwrap();
        let converted = python(folder, &["-c", code]);
        assert_eq!(converted.code, Some(0), "{code}: {}", converted.stderr);
        let mut named = Path::new(name).with_extension("npy");
        if !folder.join(&named).exists() {
            named.set_extension("safetensors");
        }
        let run = run(folder, &line(&named));
        assert_eq!(run.code, Some(0), "{code}: {}", run.stderr);
    }
}

#[test]
fn a_file_under_the_name_of_the_other_format_says_which_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let matrix = crate::program::matrix(9, 3, crate::program::fixture);
    fs::write(folder.path().join("f.safetensors"), matrix).unwrap();
    let line = "select --features f.safetensors --count 4 --output k.csv";
    run(folder.path(), line).fails(1, "it is a .npy file; give it that extension");
}

#[test]
fn rows_chosen_before_become_row_numbers_as_the_message_says() {
    if !has("numpy") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    make(folder, "np.save('f.npy', r.normal(size=(9, 3)))");
    let line = format!("{SELECT} --rule k-center --already a.npy");
    for case in [
        "np.save('a.npy', np.arange(9) % 4 == 1)",
        "np.save('a.npy', np.array([1.0, 5.0]))",
        "np.save('a.npy', np.array([[1], [5]]))",
    ] {
        make(folder, case);
        let code = advice(folder, &line, "in NumPy: ");
        make(
            folder,
            &format!("rows = numpy.load('a.npy'); numpy.save('a.npy', {code})"),
        );
        make(folder, "assert np.load('a.npy').tolist() == [1, 5]");
        let run = run(folder, &line);
        assert_eq!(run.code, Some(0), "{case}: {code}: {}", run.stderr);
    }
}
