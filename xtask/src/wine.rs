//! Runs programs for Windows in Wine: on a machine of their own that is made for it, with a virtual
//! screen. Both are gone when the trial is over.
//!
//! Wine 8 knows no Direct3D 12 and no Windows Graphics Capture, and shows nothing on see-through
//! windows, so that is not tried here.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fs_err as fs;

use crate::setup;
use crate::workspace::{self, has_program};

/// So long one program may take.
const LONGEST: Duration = Duration::from_secs(300);
/// Debian keeps the 64-bit one to itself.
const PROGRAMS: [&str; 3] = ["wine64", "/usr/lib/wine/wine64", "wine"];
/// What ends everything that runs on Wine's machine.
const SERVERS: [&str; 3] = ["wineserver", "/usr/lib/wine/wineserver64", "/usr/lib/wine/wineserver"];
/// Where Windows keeps its libraries, on Wine's machine.
const LIBRARIES: &str = "drive_c/windows/system32";
/// Windows 10 has it and programs in Rust take their random numbers from it; Wine 8 lacks it.
const RANDOM: &str = "bcryptprimitives.dll";
/// The one function of it that they call, by what Windows had before.
const RANDOM_SOURCE: &str = "\
#include <windows.h>
#include <ntsecapi.h>
__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  return RtlGenRandom(data, (ULONG)length);
}
";

/// What Wine would offer to download.
const NOT_ASKED_FOR: &str = "mscoree=;mshtml=";

/// How a program ended.
struct Ended {
    is_success: bool,
    printed: Vec<u8>,
    errors: Vec<u8>,
}

/// Wine, with a folder of its own for what its programs believe to be a machine.
pub(crate) struct Wine {
    program: &'static str,
    folder: PathBuf,
    display: String,
    screen: Child,
}

impl Wine {
    /// The name by which Wine is started; `None` where it, or the virtual screen, is not installed
    /// and cannot be.
    pub(crate) fn find() -> Option<&'static str> {
        let found = || PROGRAMS.into_iter().find(|program| has_program(program, &["--version"]));
        let program = found().or_else(|| setup::try_to_install(&["wine64"]).then(found).flatten());
        program.filter(|_| has_program("Xvfb", &["-help"]))
    }

    /// Sets a machine up below a folder, for the Wine of this name.
    pub(crate) fn start(program: &'static str, folder: &Path) -> Result<Self> {
        let folder = fs::canonicalize(folder)?;
        let (display, screen) = start_screen(&folder)?;
        let wine = Self { program, folder, display, screen };
        let init = wine.run(Path::new("wineboot"), &["--init"]);
        init.context("Wine's machine cannot be set up")?;
        wine.lend_random()?;
        Ok(wine)
    }

    /// Which one it is.
    pub(crate) fn version(&self) -> Result<String> {
        let output = self.command().arg("--version").output().context("Wine does not start")?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Runs a program to its end, in its own folder as by a click on it; answers what it printed.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
        let place = program.parent().filter(|it| it.is_dir()).unwrap_or(&self.folder);
        self.run_in(place, program, arguments)
    }

    /// The same in another folder.
    pub(crate) fn run_in(&self, place: &Path, program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
        let ended = self.end_of(self.command().current_dir(place).arg(program).args(arguments))?;
        let said = || [&ended.printed, &ended.errors].map(|text| String::from_utf8_lossy(text)).concat();
        ensure!(ended.is_success, "{} failed at {arguments:?}:\n{}", program.display(), said());
        Ok(ended.printed)
    }

    /// Runs a program that has to fail, with libraries of Windows taken away; answers what it says.
    pub(crate) fn run_without(
        &self,
        libraries: &[&str],
        program: &Path,
        arguments: &[&str],
    ) -> Result<String> {
        let mut command = self.command();
        let gone: String = libraries.iter().map(|library| format!(";{library}=")).collect();
        command.env("WINEDLLOVERRIDES", format!("{NOT_ASKED_FOR}{gone}"));
        let place = program.parent().context("a program lies in a folder")?;
        let ended = self.end_of(command.current_dir(place).arg(program).args(arguments))?;
        let said = String::from_utf8_lossy(&ended.errors).into_owned();
        ensure!(!ended.is_success, "{} does not fail at {arguments:?}:\n{said}", program.display());
        Ok(said)
    }

    /// Starts a program in its own folder and lets it run; what it says goes into a file.
    pub(crate) fn begin(&self, program: &Path, arguments: &[&str], said: &Path) -> Result<Running> {
        let file = fs::File::create(said)?.into_parts().0;
        let place = program.parent().context("a program lies in a folder")?;
        let mut command = self.command();
        command.current_dir(place).arg(program).args(arguments).stdin(Stdio::null());
        command.stdout(file.try_clone()?).stderr(file);
        Ok(Running(command.spawn().context("Wine does not start")?))
    }

    /// The screen that its programs are shown on.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    fn end_of(&self, command: &mut Command) -> Result<Ended> {
        let (out, err) = (self.folder.join("out.txt"), self.folder.join("err.txt"));
        command.stdin(Stdio::null());
        command.stdout(fs::File::create(&out)?.into_parts().0);
        command.stderr(fs::File::create(&err)?.into_parts().0);
        let mut child = command.spawn().context("Wine does not start")?;
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break status;
            }
            if started.elapsed() > LONGEST {
                child.kill()?;
                child.wait()?;
                bail!("{command:?} did not end within {} s", LONGEST.as_secs());
            }
            thread::sleep(Duration::from_millis(50));
        };
        Ok(Ended { is_success: status.success(), printed: fs::read(&out)?, errors: fs::read(&err)? })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program);
        // Neither the cache nor the data of whoever packs may help, nor may Wine ask for more of
        // itself.
        command.env_clear().env("HOME", &self.folder).env("WINEPREFIX", self.machine());
        command.env("WINEDEBUG", "-all").env("WINEDLLOVERRIDES", NOT_ASKED_FOR);
        command.env("BALATRO_LENS_CACHE", r"C:\no cache").env("DISPLAY", &self.display);
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
    }

    fn machine(&self) -> PathBuf {
        self.folder.join("wine")
    }

    /// Builds what old ones lack. It lies on Wine's machine: a package is tried as it is.
    fn lend_random(&self) -> Result<()> {
        let library = self.machine().join(LIBRARIES).join(RANDOM);
        if library.is_file() {
            return Ok(());
        }
        let source = self.folder.join("random.c");
        fs::write(&source, RANDOM_SOURCE)?;
        let mut compiler = Command::new("x86_64-w64-mingw32-gcc");
        workspace::check(compiler.arg("-shared").arg("-o").arg(&library).arg(&source).arg("-ladvapi32"))
    }
}

/// A program that was started, and is killed when this is dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Whether it has ended by itself; an exit code other than zero is an error.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        let status = self.0.try_wait()?;
        ensure!(status.is_none_or(|status| status.success()), "it ended with {status:?}");
        Ok(status.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        // What it runs in the background would outlive us, and its folder goes.
        let ended = |program| {
            let mut command = Command::new(program);
            command.arg("--kill").env("WINEPREFIX", self.machine()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let _ = SERVERS.into_iter().any(ended);
        let _ = self.screen.kill();
        let _ = self.screen.wait();
    }
}

/// A screen that nobody sees, and its name.
fn start_screen(folder: &Path) -> Result<(String, Child)> {
    // The server picks a free number itself and writes it down.
    let number = folder.join("display");
    let mut server = Command::new("sh");
    let line = "exec Xvfb -displayfd 3 -screen 0 1920x1080x24 -nolisten tcp 3>\"$0\" 2>\"$0.log\"";
    let mut screen = server.arg("-c").arg(line).arg(&number).spawn().context("Xvfb does not start")?;
    let started = Instant::now();
    loop {
        let text = fs::read_to_string(&number).unwrap_or_default();
        if text.ends_with('\n') {
            return Ok((format!(":{}", text.trim()), screen));
        }
        if screen.try_wait()?.is_some() || started.elapsed() > Duration::from_secs(30) {
            let _ = screen.kill();
            let _ = screen.wait();
            bail!("Xvfb does not start:\n{}", fs::read_to_string(folder.join("display.log"))?);
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// How a program in Wine finds a file of this machine.
pub(crate) fn path(file: &Path) -> String {
    format!("Z:{}", file.display()).replace('/', "\\")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wine_finds_files_of_this_machine_on_a_drive() {
        assert_eq!(path(Path::new("/a/b c.png")), r"Z:\a\b c.png");
    }
}
