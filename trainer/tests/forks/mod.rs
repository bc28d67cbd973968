//! Children that begin where the test program has loaded its libraries: libtorch alone takes a
//! third of a second, of which the children of a test pay nothing.
//!
//! ```text
//! test ──starts──▶ server ──forks──▶ child: standard files, folder, environment, limits, work
//!      ◀──a line of JSON each way──▶
//! ```
//!
//! The server is the test program once more, with one test that calls [`serve`]. Nothing was ever
//! done in it: no thread of a library, no logger, no random number. So a child is what a program
//! that was just started is, and its work runs in a thread with the name and the stack of a `main`.
//! What a program does of itself before and after its `main` is not in here.
#![expect(unsafe_code, reason = "a process forks, and becomes another")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::Shutdown;
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::Duration;
use std::{env, thread};

use serde::{Deserialize, Serialize};

/// Says to a test program that it serves.
const SERVES: &str = "FORKS_FOR_TESTS";
/// The usual stack of a program's first thread, in bytes.
const STACK: usize = 8 << 20;
/// So long a child may take.
const LONGEST: Duration = Duration::from_secs(600);
/// The exit code of a program that panicked.
const PANICKED: u8 = 101;

/// A child that is asked for.
#[derive(Debug, Default, Deserialize, Serialize)]
pub(crate) struct Request {
    /// What it is to do.
    pub(crate) words: Vec<String>,
    /// Its current folder; otherwise the server's.
    pub(crate) folder: Option<PathBuf>,
    /// Variables that are set, or removed.
    pub(crate) environment: BTreeMap<String, Option<String>>,
    /// What its standard input, output and error output are; otherwise nothing is read or kept.
    pub(crate) files: [Option<PathBuf>; 3],
    /// The most address space that it may have, in bytes.
    pub(crate) memory: Option<u64>,
}

// --- the test's side

/// A process that forks, ended when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    connection: RefCell<BufReader<UnixStream>>,
    /// Whether it has a child.
    is_busy: Cell<bool>,
}

impl Server {
    /// Starts the test program again for its one test `serves`, which calls [`serve`].
    pub(crate) fn start(serves: &str, environment: &[(&str, &str)]) -> Rc<Self> {
        let (own, other) = UnixStream::pair().unwrap();
        let process = Command::new(env::current_exe().unwrap())
            .args([serves, "--exact", "--include-ignored", "--nocapture", "--test-threads=1"])
            .env(SERVES, "1")
            .envs(environment.iter().copied())
            .stdin(OwnedFd::from(other))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let connection = RefCell::new(BufReader::new(own));
        Rc::new(Self { process, connection, is_busy: Cell::new(false) })
    }

    /// Begins a child, one at a time.
    pub(crate) fn begin(self: &Rc<Self>, request: &Request) -> Forked {
        assert!(!self.is_busy.replace(true), "it has a child already");
        self.tell(&serde_json::to_string(request).unwrap());
        let id = hear(&mut self.connection.borrow_mut()).expect("the server forks");
        Forked { server: Rc::clone(self), id: id.parse().unwrap(), heard: String::new(), status: None }
    }

    fn tell(&self, line: &str) {
        tell(self.connection.borrow().get_ref(), line).unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends when it hears nothing more.
        let _ = self.connection.get_mut().get_ref().shutdown(Shutdown::Both);
        let _ = self.process.wait();
    }
}

/// A child; killed when it is dropped before its end.
#[derive(Debug)]
pub(crate) struct Forked {
    server: Rc<Server>,
    id: libc::pid_t,
    /// What the server has said of its end so far.
    heard: String,
    status: Option<ExitStatus>,
}

impl Forked {
    /// Its number among the processes.
    pub(crate) fn id(&self) -> u32 {
        self.id.unsigned_abs()
    }

    /// Whether it has ended, now or within this time.
    pub(crate) fn is_over(&mut self, patience: Duration) -> bool {
        let mut connection = self.server.connection.borrow_mut();
        // No time at all would be an error.
        let patience = patience.max(Duration::from_millis(1));
        connection.get_ref().set_read_timeout(Some(patience)).unwrap();
        while !self.heard.ends_with('\n') {
            match connection.read_line(&mut self.heard) {
                Ok(0) => panic!("the server has gone"),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error)
                    if [io::ErrorKind::WouldBlock, io::ErrorKind::TimedOut].contains(&error.kind()) =>
                {
                    return false;
                }
                Err(error) => panic!("the server is not heard: {error}"),
            }
        }
        true
    }

    /// Waits for its end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.finish()
    }

    /// Ends it as `kill -9` does, where it has not ended yet.
    pub(crate) fn kill(mut self) -> ExitStatus {
        self.stop();
        self.finish()
    }

    fn stop(&self) {
        // SAFETY: nothing of this process is touched. The number is the child's: the server takes
        // it off the list of processes only when this side has heard of its end.
        unsafe { libc::kill(self.id, libc::SIGKILL) };
    }

    fn finish(&mut self) -> ExitStatus {
        if !self.is_over(LONGEST) {
            self.stop();
            panic!("a child has not ended in {} s", LONGEST.as_secs());
        }
        self.server.tell("heard");
        let raw = hear(&mut self.server.connection.borrow_mut()).expect("the server says how it ended");
        let status = ExitStatus::from_raw(raw.parse().unwrap());
        self.status = Some(status);
        self.server.is_busy.set(false);
        status
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        if self.status.is_none() {
            self.stop();
            if !thread::panicking() {
                self.finish();
            }
        }
    }
}

fn tell(mut connection: &UnixStream, line: &str) -> io::Result<()> {
    connection.write_all(format!("{line}\n").as_bytes())
}

/// The next line; none when the other side has gone.
fn hear(connection: &mut BufReader<UnixStream>) -> Option<String> {
    connection.get_ref().set_read_timeout(None).ok()?;
    let mut line = String::new();
    match connection.read_line(&mut line) {
        Ok(1..) => Some(line.trim_end().to_owned()),
        _ => None,
    }
}

// --- the server's side

/// Forks for a test until that wants no more; `work` is what a child does, and answers the exit
/// code. Does nothing where no test has asked for it.
pub(crate) fn serve(work: fn(&Request) -> u8) {
    if env::var_os(SERVES).is_none() {
        return;
    }
    end_with_parent();
    let own = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
    let mut connection = BufReader::new(own);
    while let Some(line) = hear(&mut connection) {
        let request: Request = serde_json::from_str(&line).unwrap();
        let files = files(&request);
        // SAFETY: this is the one thread of the process that does anything; the other is the test
        // harness's, which waits for it and holds nothing that a child needs.
        let id = unsafe { libc::fork() };
        if id == 0 {
            become_child(request, files, work);
        }
        assert!(id > 0, "cannot fork: {}", io::Error::last_os_error());
        drop(files);
        if attend(&mut connection, id).is_none() {
            return;
        }
    }
}

/// Tells of a child until it has ended and the test has heard it; none when the test has gone.
fn attend(connection: &mut BufReader<UnixStream>, id: libc::pid_t) -> Option<()> {
    tell(connection.get_ref(), &id.to_string()).ok()?;
    // Left on the list of processes, so that its number stays its own while the test may kill it.
    let mut told = std::mem::MaybeUninit::<libc::siginfo_t>::uninit();
    let options = libc::WEXITED | libc::WNOWAIT;
    // SAFETY: what is told of the child is written into memory that is large enough for it.
    unsafe { libc::waitid(libc::P_PID, id.unsigned_abs(), told.as_mut_ptr(), options) };
    let is_heard = tell(connection.get_ref(), "over").ok().and_then(|()| hear(connection));
    let mut status = 0;
    // SAFETY: the status is written into a number that lives longer than the call.
    unsafe { libc::waitpid(id, &raw mut status, 0) };
    is_heard?;
    tell(connection.get_ref(), &status.to_string()).ok()
}

fn files(request: &Request) -> [File; 3] {
    let nothing = Path::new("/dev/null");
    let [input, output, error] = request.files.each_ref().map(|it| it.as_deref().unwrap_or(nothing));
    // At its end: it may be a file that others write too.
    let write = |path: &Path| OpenOptions::new().append(true).open(path);
    // A socket, or the terminal of somebody else, cannot be opened anew.
    let error = write(error).or_else(|_| write(nothing)).unwrap();
    [File::open(input).unwrap(), write(output).unwrap(), error]
}

/// The child: does the work, and ends with its exit code, or as a program that panicked.
fn become_child(request: Request, files: [File; 3], work: fn(&Request) -> u8) -> ! {
    let whole = move || {
        settle_in(&request, &files);
        drop(files);
        let code = work(&request);
        let _ = io::stdout().flush();
        code
    };
    let main = thread::Builder::new().name("main".into()).stack_size(STACK).spawn(whole);
    let code = main.ok().and_then(|it| it.join().ok()).unwrap_or(PANICKED);
    // SAFETY: the process ends here; what the libraries would do at the end of a program is the
    // server's to do.
    unsafe { libc::_exit(code.into()) }
}

/// Has the system end this process when the one that started it has gone, however that was.
fn end_with_parent() {
    // SAFETY: nothing but numbers is given.
    unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
}

fn settle_in(request: &Request, files: &[File; 3]) {
    end_with_parent();
    for (number, file) in (0..).zip(files) {
        // SAFETY: the standard files belong to nobody, and nothing reads or writes them meanwhile.
        let made = unsafe { libc::dup2(file.as_raw_fd(), number) };
        assert_eq!(made, number, "{}", io::Error::last_os_error());
    }
    for (name, value) in &request.environment {
        match value {
            // SAFETY: the only other thread waits for this one, and reads no environment.
            Some(value) => unsafe { env::set_var(name, value) },
            // SAFETY: as above.
            None => unsafe { env::remove_var(name) },
        }
    }
    // SAFETY: as above.
    unsafe { env::remove_var(SERVES) };
    // For systems on which strace may watch its own children alone; elsewhere this does nothing.
    // SAFETY: nothing but a number is given.
    unsafe { libc::prctl(libc::PR_SET_PTRACER, libc::PR_SET_PTRACER_ANY) };
    if let Some(folder) = &request.folder {
        env::set_current_dir(folder).unwrap();
    }
    if let Some(memory) = request.memory {
        let limit = libc::rlimit { rlim_cur: memory, rlim_max: memory };
        // SAFETY: the limit is read from memory that lives longer than the call.
        let done = unsafe { libc::setrlimit(libc::RLIMIT_AS, &raw const limit) };
        assert_eq!(done, 0, "{}", io::Error::last_os_error());
    }
}
