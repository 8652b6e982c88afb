//! Keeps messages that say nothing to users off our stderr: the GPU driver's, and those of image
//! decoders that panic.

/// Silences what Vulkan drivers print about a machine without a desktop session.
///
/// Must be called before anything else: it changes the process's environment.
#[allow(unsafe_code)]
pub(crate) fn quieten() {
    let quiet = [
        // The window-system half of drivers complains without it; nothing here opens a window.
        ("XDG_RUNTIME_DIR", std::env::temp_dir().into_os_string()),
        // Older llvmpipe announces that it is for testing; `gstds devices` says "software" itself.
        ("MESA_VK_IGNORE_CONFORMANCE_WARNING", "true".into()),
    ];
    for (name, value) in quiet {
        if std::env::var_os(name).is_none_or(|value| value.is_empty()) {
            // SAFETY: called at the start of `main`, when no other thread reads the environment.
            unsafe { std::env::set_var(name, value) };
        }
    }
}

/// Silences the message of a panic that is caught, and becomes the reason why an image cannot be
/// decoded.
pub(crate) fn quieten_decoders() {
    let shown = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !gstds_data::is_decoding() {
            shown(panic);
        }
    }));
}
