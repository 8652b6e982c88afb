//! A Vulkan driver for machines that have none: Mesa's, which also runs on the CPU (llvmpipe).

use std::io::IsTerminal;

use anyhow::{Context, Result};

use crate::command;
use crate::system::{Need, System, packages};

/// Makes sure that a Vulkan loader and a driver are installed, or says how to install them.
///
/// Only Debian-like systems are changed. macOS and Windows bring their own API, and elsewhere
/// a driver may be in a folder that is not searched.
pub(crate) fn ensure() -> Result<()> {
    let system = System::here();
    let has_driver = match system.only_drivers() {
        Some((_, files)) => files.iter().any(|file| file.is_file()),
        None => !system.drivers().is_empty(),
    };
    if system.os != "linux" || (has_driver && system.has_loader()) {
        return Ok(());
    }
    match privilege().filter(|_| system.manager() == "apt") {
        Some(lead) => install(lead, &apt_packages(&[Need::Driver])),
        None => {
            println!("No Vulkan driver found; {}", system.install(Need::Driver));
            Ok(())
        }
    }
}

/// Programs that download and load other shader compilers, and their packages.
const PROGRAMS: [(&str, &[&str]); 3] = [
    ("curl", &["curl", "ca-certificates"]),
    ("node", &["nodejs"]),
    ("python3", &["python3"]),
];
/// Brings SwiftShader. Not every Debian-like system has it as a package.
const BROWSER: &str = "chromium";

/// Installs what the checks use on Debian-like systems: driver, validation layer, `spirv-val`, the
/// programs that other shader compilers are loaded by, and a browser.
pub(crate) fn install_packages() -> Result<()> {
    if System::here().manager() != "apt" {
        println!("Packages are installed on Debian-like systems only");
        return Ok(());
    }
    let mut missing = apt_packages(&[Need::Driver, Need::Validation]);
    missing.push("spirv-tools");
    let lacks = |program: &str| !command::answers(program, &["--version"]);
    let lacking = PROGRAMS.iter().filter(|(program, _)| lacks(program));
    missing.extend(lacking.flat_map(|(_, names)| *names));
    // Apart from python3 on Debian, and needed to build the Python wheel.
    if !command::answers("python3", &["-c", "import ensurepip"]) {
        missing.push("python3-venv");
    }
    missing.retain(|package| !is_installed(package));
    let browser = lacks(BROWSER);
    if missing.is_empty() && !browser {
        return Ok(());
    }
    let lead = privilege().with_context(|| by_hand(&missing))?;
    if !missing.is_empty() {
        install(lead, &missing)?;
    }
    if browser && let Err(error) = install(lead, &[BROWSER]) {
        println!("{BROWSER} could not be installed, so its checks are left out: {error:#}");
    }
    Ok(())
}

fn apt_packages(needs: &[Need]) -> Vec<&'static str> {
    let lists = needs.iter().map(|&need| packages("apt", need).2);
    lists.flat_map(str::split_whitespace).collect()
}

fn is_installed(package: &str) -> bool {
    let mut query = command::program("dpkg-query");
    query.args(["--show", "--showformat=${Status}", package]);
    let output = query.output();
    output.is_ok_and(|it| it.stdout.ends_with(b"install ok installed"))
}

fn install(lead: &[&str], packages: &[&str]) -> Result<()> {
    println!("Installing {}", packages.join(" "));
    let apt = |args: &[&str]| {
        // `env`, since sudo passes no variables on.
        let apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
        let line = [lead, &apt, args].concat();
        command::run(command::program(line[0]).args(&line[1..]))
    };
    let flags = ["install", "-y", "--no-install-recommends"];
    // A fresh image has no package lists at all, and stale ones name files that are gone.
    apt(&["update"])
        .and_then(|()| apt(&[&flags, packages].concat()))
        .with_context(|| by_hand(packages))
}

fn by_hand(packages: &[&str]) -> String {
    format!("install by hand: apt-get install {}", packages.join(" "))
}

/// What must stand before `apt-get`: nothing for root, sudo where it can be used, else `None`.
fn privilege() -> Option<&'static [&'static str]> {
    if command::output(command::program("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        return Some(&[]);
    }
    if command::answers("sudo", &["-n", "true"]) {
        return Some(&["sudo", "-n"]);
    }
    let may_ask = std::io::stdin().is_terminal() && command::answers("sudo", &["--version"]);
    may_ask.then_some(&["sudo"])
}
