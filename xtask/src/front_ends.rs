//! Shader compilers other than naga, on what they would get of every kernel: Tint, which is in
//! Chrome, the WGSL; DXC, which DX12 uses, naga's HLSL.

mod tool;

use std::time::Duration;

use anyhow::Result;

use crate::command;
use crate::left_out::leave_out;
use tool::Tool;

/// Where the kernels are written, in the workspace.
const KERNELS: &str = "target/front-ends/kernels";

/// Far more than either takes, for all permutations too.
const LIMIT: Duration = Duration::from_secs(900);

/// Downloads the compilers that run on this system. Without a network the checks go without them.
pub(crate) fn install() {
    for tool in [Tool::tint(), Tool::dxc()].into_iter().flatten() {
        if let Err(error) = tool.install() {
            println!("{} could not be installed: {error:#}", tool.name);
        }
    }
}

/// Gives every kernel to the compilers that are installed: to Tint all permutations, to DXC one of
/// each shader, and with `all` the rest.
pub(crate) fn check(all: bool) -> Result<()> {
    let tint = usable(Tool::tint(), "Tint")?;
    let dxc = usable(Tool::dxc(), "DXC")?;
    if tint.is_none() && dxc.is_none() {
        return Ok(());
    }
    write_kernels()?;
    if let Some(tint) = tint {
        command::run_within(LIMIT, tint.command("tint.mjs").arg(KERNELS))?;
    }
    if let Some(dxc) = dxc {
        let files = if all { "*.hlsl" } else { "*.0.hlsl" };
        command::run_within(LIMIT, dxc.command("dxc.py").args([KERNELS, files]))?;
    }
    Ok(())
}

/// The tool where it is installed; else a line says that its check is left out.
fn usable(tool: Option<Tool>, name: &str) -> Result<Option<Tool>> {
    let why = match tool {
        None => "has no build for this system, so its check is left out",
        Some(tool) if tool.is_installed() => return Ok(Some(tool)),
        Some(_) => "is not installed, so its check is left out: cargo xtask packages",
    };
    leave_out(&name.to_lowercase(), &format!("{name} {why}"))?;
    Ok(None)
}

/// An example of the kernel crate writes them; it is built as the tests are, which are those of the
/// benchmarks too, or wgpu would be compiled once more.
fn write_kernels() -> Result<()> {
    let mut build = command::cargo(["build", "--release"]);
    build.args(["--package", "gstds", "--package", "gstds-bench"]);
    command::run(build.args(["--example", "translate"]))?;
    let translate = command::root().join("target/release/examples/translate");
    command::run(command::program(&translate.to_string_lossy()).arg(KERNELS))
}
