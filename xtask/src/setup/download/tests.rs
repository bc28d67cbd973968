//! Downloads from a server that misbehaves in a known way.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::*;

const CONTENT: &[u8] = b"what the file holds, from its beginning to its very end";

/// Serves `CONTENT`, each answer cut off after so many bytes; tells which ranges were asked for.
fn serve(cuts: &'static [usize]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file.whl", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&asked);
    thread::spawn(move || {
        for &cut in cuts {
            let mut stream = listener.accept().unwrap().0;
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<_> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let range = head
                .iter()
                .find_map(|line| line.to_lowercase().strip_prefix("range: bytes=").map(str::to_owned));
            let from = range.as_deref().map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
            heard.lock().unwrap().push(range.unwrap_or_default());
            let rest = CONTENT.get(from..).unwrap_or_default();
            let status = match from {
                0 => "200 OK",
                _ if rest.is_empty() => "416 Range Not Satisfiable",
                _ => "206 Partial Content",
            };
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", rest.len());
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&rest[..cut.min(rest.len())]).unwrap();
        }
    });
    (url, asked)
}

fn wheel(url: &str, content: &[u8]) -> Wheel {
    let sha256 = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    Wheel { file_name: "file.whl".to_owned(), url: url.to_owned(), sha256 }
}

#[test]
fn a_broken_connection_is_continued_where_it_broke() {
    let folder = tempfile::tempdir().unwrap();
    let (url, asked) = serve(&[10, 7, 1000]);
    let path = fetch(&wheel(&url, CONTENT), folder.path()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), CONTENT);
    assert_eq!(*asked.lock().unwrap(), ["", "10-", "17-"]);
    // A second time nobody is asked: the server has gone.
    assert_eq!(fetch(&wheel(&url, CONTENT), folder.path()).unwrap(), path);
}

#[test]
fn what_was_left_of_another_file_is_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.whl.partial"), b"something else entirely").unwrap();
    let (url, asked) = serve(&[1000, 1000]);
    let path = fetch(&wheel(&url, CONTENT), folder.path()).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
    assert_eq!(*asked.lock().unwrap(), ["23-", ""]);
}

#[test]
fn a_whole_partial_file_is_not_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file.whl.partial"), CONTENT).unwrap();
    let (url, _) = serve(&[1000]);
    let path = fetch(&wheel(&url, CONTENT), folder.path()).unwrap();
    assert_eq!(fs::read(path).unwrap(), CONTENT);
}

#[test]
fn a_changed_file_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (url, _) = serve(&[1000]);
    let error = fetch(&wheel(&url, b"the right content"), folder.path()).unwrap_err();
    assert!(error.to_string().contains("another content"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
