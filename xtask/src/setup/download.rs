//! Downloads a file: continues where an earlier try stopped, and checks the result by its hash.

use std::env;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use fs_err::{self as fs, File, OpenOptions};
use sha2::{Digest, Sha256};
use ureq::Agent;
use ureq::http::StatusCode;
use ureq::http::header::{CONTENT_LENGTH, RANGE};
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::archive::{FULL_DISK, copy};
use super::progress::Progress;
use super::wheel::Wheel;

/// Tries without a single new byte before giving up.
const FRUITLESS_TRIES: u32 = 4;
/// A connection that is busy this long is opened anew, in case it has stalled.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(300);

/// Downloads a wheel into `folder`, or finds it there.
pub(super) fn fetch(wheel: &Wheel, folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let whole = folder.join(&wheel.file_name);
    if whole.is_file() && matches(&whole, wheel)? {
        return Ok(whole);
    }
    let partial = folder.join(format!("{}.partial", wheel.file_name));
    let continued = partial.is_file();
    get(wheel, &partial)?;
    if !matches(&partial, wheel)? {
        fs::remove_file(&partial)?;
        // What an earlier try left may have been of another file: the whole of it decides.
        if continued {
            get(wheel, &partial)?;
        }
        if !continued || !matches(&partial, wheel)? {
            // It is no use to a later try.
            let _ = fs::remove_file(&partial);
            bail!(
                "{} arrived with another content than it had when this version was chosen (sha256 {} expected)\nhelp: try again; a proxy \
                 or a mirror that changes files has to be fixed or avoided",
                wheel.file_name,
                wheel.sha256,
            );
        }
    }
    fs::rename(&partial, &whole)?;
    Ok(whole)
}

fn get(wheel: &Wheel, partial: &Path) -> Result<()> {
    if let Some(path) = wheel.url.strip_prefix("file://") {
        fs::copy(path, partial).with_context(|| format!("cannot copy {path}{FULL_DISK}"))?;
        return Ok(());
    }
    let agent = agent()?;
    let mut fruitless = 0;
    loop {
        let before = length(partial);
        let error = match transfer(&agent, wheel, partial, before) {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let full =
            error.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == io::ErrorKind::StorageFull);
        fruitless = if length(partial) > before { 0 } else { fruitless + 1 };
        if full || fruitless >= FRUITLESS_TRIES {
            return Err(error)
                .with_context(|| format!("cannot download {}{}", wheel.file_name, advice(full)));
        }
        thread::sleep(Duration::from_secs(u64::from(fruitless)));
    }
}

/// One connection: appends to `partial` what comes after its first `done` bytes.
fn transfer(agent: &Agent, wheel: &Wheel, partial: &Path, done: u64) -> Result<()> {
    let mut request = agent.get(&wheel.url);
    if done > 0 {
        request = request.header(RANGE, format!("bytes={done}-"));
    }
    let mut response = request.call()?;
    let (done, mut file) = match response.status() {
        StatusCode::PARTIAL_CONTENT => (done, OpenOptions::new().append(true).open(partial)?),
        StatusCode::OK => (0, File::create(partial)?),
        // Everything was there already; the hash tells whether it is right.
        StatusCode::RANGE_NOT_SATISFIABLE if done > 0 => return Ok(()),
        status => bail!("the server answers {status}"),
    };
    let rest = response.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let rest: u64 = rest.unwrap_or(0);
    let mut progress = Progress::start(&format!("Downloading {}", wheel.file_name), done, done + rest);
    copy(&mut response.body_mut().as_reader(), &mut file, &mut progress)?;
    file.sync_all()?;
    progress.finish();
    Ok(())
}

fn agent() -> Result<Agent> {
    let provider = if cfg!(target_os = "linux") { TlsProvider::Rustls } else { TlsProvider::NativeTls };
    let tls = TlsConfig::builder().provider(provider).root_certs(certificates()?).build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(30)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_recv_body(Some(CONNECTION_TIMEOUT));
    Ok(config.build().into())
}

/// The certificates that `pip` would trust when it is told by the environment, else the system's.
///
/// On Linux the system's store follows `SSL_CERT_FILE` and `SSL_CERT_DIR`.
fn certificates() -> Result<RootCerts> {
    let Some(path) = env::var_os("PIP_CERT").or_else(|| env::var_os("REQUESTS_CA_BUNDLE")) else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let path = PathBuf::from(path);
    let text = fs::read(&path).with_context(|| {
        format!("cannot read the certificates {} that the environment names", path.display())
    })?;
    let certificates: Vec<_> = parse_pem(&text)
        .filter_map(|item| match item {
            Ok(PemItem::Certificate(certificate)) => Some(certificate),
            _ => None,
        })
        .collect();
    Ok(RootCerts::new_with_certs(&certificates))
}

fn advice(full: bool) -> &'static str {
    if full {
        FULL_DISK
    } else {
        "\nhelp: check the network and a proxy (HTTPS_PROXY); the next try continues where this one stopped"
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}

fn matches(path: &Path, wheel: &Wheel) -> Result<bool> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        hasher.update(&buffer[..count]);
    }
    let got: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(got == wheel.sha256)
}

#[cfg(test)]
mod tests;
