//! The sockets of the API: a listener on the loopback interface and a thread for each connection.

use std::fs;
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lens_client::api::{FORMAT, PortFile, token_path};
use lens_core::atomic;

use super::ApiConfig;
use super::auth::{Auth, REQUEST_TIMEOUT};
use super::broadcast::Broadcast;
use super::request::{Request, Response};
use super::routes::{self, Answer};
use super::{stream, token};
use crate::messages::command::Command;
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::worker::{self, Worker};

/// Connections at once.
pub const MAX_CONNECTIONS: usize = 24;
/// Ports that are tried, beginning with the configured one.
const PORTS: u16 = 10;
/// Streams among them: the others are for those who ask once.
pub const MAX_STREAMS: usize = 16;
/// What the system keeps for a reader who does not read; by itself it takes megabytes, and who
/// reads too slowly would be noticed minutes later.
#[cfg(unix)]
const SEND_BUFFER: usize = 64 << 10;
/// How long the end of an answer may take.
const END_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a reader may keep a write waiting.
const WRITE_TIMEOUT: Duration = Duration::from_secs(2);

/// A running server; dropping it ends it and all its connections.
#[derive(Debug)]
pub struct Server {
    port: u16,
    port_file: PathBuf,
    stop: Arc<AtomicBool>,
    broadcast: Broadcast,
    acceptor: Option<Worker>,
}

/// Why there is no API.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No port is free.
    #[error(
        "the API has no port: {first} to {last} are taken ({source})\nhelp: choose another `port` of the API"
    )]
    Port {
        /// The first port that was tried.
        first: u16,
        /// The last.
        last: u16,
        /// Why the last was refused.
        source: io::Error,
    },
    /// The system refuses a thread or a file.
    #[error("the API cannot start: {0}")]
    System(#[from] io::Error),
}

/// What all connections share.
struct Service {
    broadcast: Broadcast,
    auth: Auth,
    streams: AtomicUsize,
    /// The main thread's event queue has no bound of its own: its rate limit is one.
    sink: EventSink,
}

impl Server {
    /// Starts to listen and writes the port file; `sink` takes the commands.
    ///
    /// # Errors
    /// When no port is free, or the system refuses something. Without a token it starts, but takes
    /// no commands.
    pub fn start(config: &ApiConfig, broadcast: &Broadcast, sink: EventSink) -> Result<Self, StartError> {
        let listener = listen(config.port)?;
        let port = listener.local_addr()?.port();
        let token_file = token_path(&config.data);
        let token = token::create(&token_file);
        if let Err(error) = &token {
            log::warn!("the API takes no commands: cannot write {}: {error}", token_file.display());
        }
        let auth = Auth::new(port, config.origins.clone(), token.ok());
        let service =
            Arc::new(Service { broadcast: broadcast.clone(), auth, streams: AtomicUsize::new(0), sink });
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let acceptor = worker::spawn("api", move || accept(&listener, &service, &stopped))?;
        let port_file = PortFile::path(&config.data);
        let server = Self { port, port_file, stop, broadcast: broadcast.clone(), acceptor: Some(acceptor) };
        let written = serde_json::to_vec(&server.port_file()).map_err(io::Error::other);
        if let Err(error) = written.and_then(|text| atomic::write(&server.port_file, &text)) {
            let path = server.port_file.display();
            log::warn!("programs must be told the API's port, {port}: cannot write {path}: {error}");
        }
        log::info!("the API listens at http://127.0.0.1:{port}");
        Ok(server)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    fn port_file(&self) -> PortFile {
        let (pid, version) = (std::process::id(), env!("CARGO_PKG_VERSION").to_owned());
        PortFile { format: FORMAT, pid, port: self.port, version }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.broadcast.close();
        // The acceptor waits for a connection: this is one. Should it fail, the listener is broken
        // and has ended.
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        drop(TcpStream::connect_timeout(&address, Duration::from_secs(1)));
        self.acceptor.take();
        // Another overlay may have written its own by now.
        let ours = fs::read_to_string(&self.port_file).ok().and_then(|text| serde_json::from_str(&text).ok());
        if ours == Some(self.port_file()) {
            let _ = fs::remove_file(&self.port_file);
        }
    }
}

fn listen(wanted: u16) -> Result<TcpListener, StartError> {
    let last = if wanted == 0 { 0 } else { wanted.saturating_add(PORTS - 1) };
    let mut failure = None;
    for port in wanted..=last {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failure = Some(error),
        }
    }
    let source = failure.unwrap_or_else(|| io::Error::other("there is no port"));
    Err(StartError::Port { first: wanted, last, source })
}

/// A connection, and the means to end it.
struct Connection {
    stream: TcpStream,
    done: Arc<AtomicBool>,
    _worker: Worker,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Whoever still reads or writes is woken; the worker is joined after this.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

/// Ends a connection when its thread does, however it does: the other side hears of it at once, and
/// its place is free.
struct Ending {
    stream: TcpStream,
    done: Arc<AtomicBool>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        // The other side may have ended it before.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.done.store(true, Ordering::SeqCst);
    }
}

/// A place among the streams, until it is dropped.
struct StreamPlace<'a>(&'a AtomicUsize);

impl<'a> StreamPlace<'a> {
    fn take(streams: &'a AtomicUsize) -> Option<Self> {
        let place = Self(streams);
        (streams.fetch_add(1, Ordering::SeqCst) < MAX_STREAMS).then_some(place)
    }
}

impl Drop for StreamPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The acceptor's thread.
fn accept(listener: &TcpListener, service: &Arc<Service>, stop: &AtomicBool) {
    let mut connections: Vec<Connection> = Vec::new();
    while !stop.load(Ordering::SeqCst) {
        let stream = match listener.accept() {
            Ok((stream, _)) => stream,
            Err(error) => {
                log::debug!("a connection failed: {error}");
                // Too many open files, most likely: others need time to close theirs.
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        connections.retain(|connection| !connection.done.load(Ordering::SeqCst));
        if stop.load(Ordering::SeqCst) {
            return;
        }
        match admit(stream, service, connections.len()) {
            Ok(Some(connection)) => connections.push(connection),
            Ok(None) => {}
            Err(error) => log::debug!("a connection failed: {error}"),
        }
    }
}

fn admit(mut stream: TcpStream, service: &Arc<Service>, open: usize) -> io::Result<Option<Connection>> {
    stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
    stream.set_nodelay(true)?;
    #[cfg(unix)]
    rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER)?;
    if open >= MAX_CONNECTIONS {
        let refusal = Response::refusal(503, format!("{MAX_CONNECTIONS} connections are open: close one"));
        stream.write_all(&refusal.bytes())?;
        return Ok(None);
    }
    let done = Arc::new(AtomicBool::new(false));
    let ending = Ending { stream: stream.try_clone()?, done: Arc::clone(&done) };
    let (theirs, service) = (stream.try_clone()?, Arc::clone(service));
    let worker = worker::spawn("api connection", move || {
        let _ending = ending;
        if let Err(error) = serve(theirs, &service) {
            log::debug!("a connection ended: {error}");
        }
    })?;
    Ok(Some(Connection { stream, done, _worker: worker }))
}

/// A connection's thread.
fn serve(mut stream: TcpStream, service: &Service) -> io::Result<()> {
    let request = match read(&stream)? {
        Ok(request) => request,
        Err(refusal) => return end(&mut stream, &refusal),
    };
    let give = |command: Command| (service.sink)(AppEvent::Command(command));
    match routes::answer(&request, &service.broadcast, &service.auth, Instant::now(), &give) {
        Answer::Plain(response) => end(&mut stream, &response),
        Answer::Stream(streaming) => match StreamPlace::take(&service.streams) {
            Some(_place) => stream::run(stream, service.broadcast.subscribe(), &streaming),
            None => {
                let refusal = Response::refusal(503, format!("{MAX_STREAMS} streams are open: close one"));
                end(&mut stream, &refusal)
            }
        },
    }
}

/// Reads a request; the inner error is the answer to one that is not understood.
fn read(mut stream: &TcpStream) -> io::Result<Result<Request, Response>> {
    let deadline = Instant::now() + REQUEST_TIMEOUT;
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    loop {
        match Request::parse(&bytes) {
            Ok(Some(request)) => return Ok(Ok(request)),
            Ok(None) => {}
            Err(wrong) => return Ok(Err(Response::refusal(wrong.status, wrong.reason))),
        }
        // One deadline for all of it: bytes that trickle in do not move it.
        let left = deadline.saturating_duration_since(Instant::now());
        let late = || Ok(Err(Response::refusal(408, "the request took too long")));
        if left.is_zero() {
            return late();
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(count) => bytes.extend(&piece[..count]),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return late();
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Sends the last answer and closes gently: bytes that nobody read would make the system throw the
/// answer away.
fn end(stream: &mut TcpStream, response: &Response) -> io::Result<()> {
    stream.write_all(&response.bytes())?;
    stream.shutdown(Shutdown::Write)?;
    // One deadline: bytes that trickle in do not move it.
    let deadline = Instant::now() + END_TIMEOUT;
    let mut piece = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionReset => return Ok(()),
                ErrorKind::Interrupted => {}
                _ => return Err(error),
            },
        }
    }
}
