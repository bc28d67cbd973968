//! Starts the trainer: the environment that libtorch runs best in, then the command line.
#![expect(unsafe_code, reason = "the environment is changed before there are threads")]

use std::process::ExitCode;

use trainer::cli;

/// What libtorch and the C library read before `main`, and what it does.
///
/// Waiting threads sleep instead of spinning, because others compose images on the same
/// processors; freed memory stays with the process, because every step asks for the same large
/// tensors again (a quarter of the time otherwise).
const ENVIRONMENT: [(&str, &str); 4] = [
    ("OMP_WAIT_POLICY", "passive"),
    ("MALLOC_MMAP_MAX_", "0"),
    ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
    ("MALLOC_TOP_PAD_", "67108864"),
];

fn main() -> ExitCode {
    // SAFETY: no other thread runs yet.
    unsafe { vision::runtime::telemetry::refuse() };
    ExitCode::from(cli::main(std::env::args_os(), restart_with_environment))
}

/// Becomes the same program with [`ENVIRONMENT`], unless it is set already.
#[cfg(target_os = "linux")]
fn restart_with_environment() {
    use std::os::unix::process::CommandExt;
    let missing: Vec<_> =
        ENVIRONMENT.into_iter().filter(|(name, _)| std::env::var_os(name).is_none()).collect();
    let Ok(program) = std::env::current_exe() else { return };
    if !missing.is_empty() {
        // On success this does not return; otherwise training is slower, nothing else.
        let error =
            std::process::Command::new(program).args(std::env::args_os().skip(1)).envs(missing).exec();
        eprintln!("warning: cannot restart with settings that make training faster: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn restart_with_environment() {
    let _ = ENVIRONMENT;
}
