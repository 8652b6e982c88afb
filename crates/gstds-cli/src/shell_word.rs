//! Paths as words of a command that a message suggests.

use std::path::Path;

/// The path, quoted where a shell would not take it as one word.
pub(crate) fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:,=+@%".contains(c);
    let is_plain = |c| is_plain(c) || (cfg!(windows) && c == '\\');
    match (
        !text.is_empty() && text.chars().all(is_plain),
        cfg!(windows),
    ) {
        (true, _) => text,
        (false, true) => format!("\"{text}\""),
        (false, false) => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_the_path_back() {
        for name in ["runs/gstds-1", "my run", "it's", "$(x) `y` \\", "", "größe"] {
            let line = format!("printf %s {}", shell_word(Path::new(name)));
            let shell = std::process::Command::new("sh")
                .args(["-c", &line])
                .output();
            assert_eq!(String::from_utf8(shell.unwrap().stdout).unwrap(), name);
        }
        assert_eq!(shell_word(Path::new("runs/gstds-1")), "runs/gstds-1");
    }
}
