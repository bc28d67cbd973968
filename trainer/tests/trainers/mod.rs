//! Starts trainers: forks of the test program, which has loaded libtorch already, where the system
//! forks; else, and where a test asks for it, the program itself.

#[cfg(target_os = "linux")]
#[path = "../forks/mod.rs"]
pub(crate) mod forks;

use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

/// What the program sets for itself, by starting once more: that would only take time here.
pub(crate) const AS_STARTED: [(&str, &str); 4] = [
    ("OMP_WAIT_POLICY", "passive"),
    ("MALLOC_MMAP_MAX_", "0"),
    ("MALLOC_TRIM_THRESHOLD_", "17179869184"),
    ("MALLOC_TOP_PAD_", "67108864"),
];
/// Time between two looks at a program that runs.
const LOOK: Duration = Duration::from_millis(5);

/// A trainer that is wanted.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// The words after its name.
    pub(crate) words: &'a [String],
    /// Its current folder.
    pub(crate) folder: &'a Path,
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The most address space that it may have, in bytes.
    pub(crate) memory: Option<u64>,
}

/// A trainer that was started.
#[derive(Debug)]
pub(crate) struct Trainer {
    process: Process,
    /// What it says, and says of errors.
    said: [NamedTempFile; 2],
}

#[derive(Debug)]
enum Process {
    #[cfg(target_os = "linux")]
    Forked(forks::Forked),
    Program(Child),
}

/// The words of a line without spaces in any of them.
pub(crate) fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

impl Wanted<'_> {
    /// Starts it. There is one at a time.
    #[cfg(target_os = "linux")]
    pub(crate) fn start(&self) -> Trainer {
        thread_local! {
            /// Each test runs in a thread of its own.
            static SERVER: std::rc::Rc<forks::Server> = {
                // Within the test program, the name is without that of the program.
                let name = concat!(module_path!(), "::forks_trainers").split_once("::").expect("it has both");
                forks::Server::start(name.1, &AS_STARTED)
            };
        }
        let said = [NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap()];
        let environment = self.environment().into_iter();
        let environment = environment.map(|(name, value)| (name.to_owned(), value.map(str::to_owned)));
        let request = forks::Request {
            words: self.words.to_vec(),
            folder: Some(self.folder.to_owned()),
            environment: environment.collect(),
            files: [None, Some(said[0].path().to_owned()), Some(said[1].path().to_owned())],
            memory: self.memory,
        };
        let forked = SERVER.with(|server| server.begin(&request));
        Trainer { process: Process::Forked(forked), said }
    }

    /// Starts it.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn start(&self) -> Trainer {
        self.start_program()
    }

    /// Starts the program itself.
    pub(crate) fn start_program(&self) -> Trainer {
        let said = [NamedTempFile::new().unwrap(), NamedTempFile::new().unwrap()];
        let [output, error] = said.each_ref().map(|it| Stdio::from(it.reopen().unwrap()));
        let program = env!("CARGO_BIN_EXE_trainer");
        let mut command = match self.memory {
            Some(memory) => {
                let mut shell = Command::new("sh");
                let limit = format!("ulimit -v {}; exec \"$0\" \"$@\"", memory / 1024);
                shell.args(["-c", &limit, program]);
                shell
            }
            None => Command::new(program),
        };
        command.args(self.words).current_dir(self.folder).envs(AS_STARTED);
        for (name, value) in self.environment() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let process = command.stdin(Stdio::null()).stdout(output).stderr(error).spawn().unwrap();
        Trainer { process: Process::Program(process), said }
    }

    /// Waits for its end.
    pub(crate) fn output(&self) -> Output {
        self.start().output()
    }

    fn environment(&self) -> [(&str, Option<&str>); 3] {
        let data = self.data.to_str().expect("the folders of tests have plain names");
        [("BALATRO_LENS_DATA", Some(data)), ("BALATRO_LENS_ART", None), ("RUST_BACKTRACE", Some("0"))]
    }
}

impl Trainer {
    /// Its number among the processes.
    pub(crate) fn id(&self) -> u32 {
        match &self.process {
            #[cfg(target_os = "linux")]
            Process::Forked(forked) => forked.id(),
            Process::Program(child) => child.id(),
        }
    }

    /// Whether it has ended, now or within this time.
    pub(crate) fn is_over(&mut self, patience: Duration) -> bool {
        match &mut self.process {
            #[cfg(target_os = "linux")]
            Process::Forked(forked) => forked.is_over(patience),
            Process::Program(child) => {
                let begin = Instant::now();
                while child.try_wait().unwrap().is_none() {
                    if begin.elapsed() >= patience {
                        return false;
                    }
                    std::thread::sleep(LOOK);
                }
                true
            }
        }
    }

    /// Waits for its end.
    pub(crate) fn output(self) -> Output {
        let status = match self.process {
            #[cfg(target_os = "linux")]
            Process::Forked(forked) => forked.wait(),
            Process::Program(mut child) => child.wait().unwrap(),
        };
        output(status, &self.said)
    }

    /// Ends it by force, where it has not ended yet.
    pub(crate) fn kill(self) -> Output {
        let status = match self.process {
            #[cfg(target_os = "linux")]
            Process::Forked(forked) => forked.kill(),
            Process::Program(mut child) => {
                child.kill().unwrap();
                child.wait().unwrap()
            }
        };
        output(status, &self.said)
    }
}

fn output(status: ExitStatus, said: &[NamedTempFile; 2]) -> Output {
    let [stdout, stderr] = said.each_ref().map(|it| std::fs::read(it.path()).unwrap());
    Output { status, stdout, stderr }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "no test of anything: others fork trainers from it"]
#[expect(unsafe_code, reason = "the environment is changed, as the program does first")]
fn forks_trainers() {
    forks::serve(|request| {
        // SAFETY: the only other thread waits for this one, and reads no environment.
        unsafe { vision::runtime::telemetry::refuse() };
        let words = std::iter::once("trainer").chain(request.words.iter().map(String::as_str));
        trainer::cli::main(words.map(Into::into), || ())
    });
}
