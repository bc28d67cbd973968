//! A page in a headless Chromium with a pointer, steered by the protocol of its developer tools.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

pub(crate) struct Tab {
    browser: Child,
    socket: WebSocket<TcpStream>,
    session: Value,
    sent: u64,
    _profile: tempfile::TempDir,
}

impl Tab {
    /// Opens a page of 1280 x 720 pixels.
    pub(crate) fn open(program: &str, address: &str) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let browser = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--window-size=1280,720", "--hide-scrollbars", "--remote-debugging-port=0"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it has started before");
        let (port, path) = door(profile.path());
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let (socket, _) = tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        let mut tab = Self { browser, socket, session: Value::Null, sent: 0, _profile: profile };
        let made = tab.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attached =
            tab.ask("Target.attachToTarget", &json!({"targetId": made["targetId"], "flatten": true}));
        tab.session = attached["sessionId"].clone();
        let screen = json!({"width": 1280, "height": 720, "deviceScaleFactor": 1, "mobile": false});
        tab.ask("Emulation.setDeviceMetricsOverride", &screen);
        tab.ask("Page.navigate", &json!({"url": address}));
        tab
    }

    /// What an expression of the page is.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        let answer = self.ask("Runtime.evaluate", &json!({"expression": expression, "returnByValue": true}));
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(crate) fn wait_until(&mut self, expression: &str) {
        let start = Instant::now();
        while self.value(expression) != Value::Bool(true) {
            let page = self.value("document.body.innerHTML");
            assert!(start.elapsed() < Duration::from_secs(60), "not so: {expression}\n{page}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub(crate) fn point_at(&mut self, x: f64, y: f64) {
        self.ask("Input.dispatchMouseEvent", &json!({"type": "mouseMoved", "x": x, "y": y}));
    }

    /// Writes what is seen into the folder that `BALATRO_LENS_PAGES` names, to be looked at.
    pub(crate) fn picture(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("BALATRO_LENS_PAGES") else { return };
        let image = self.ask("Page.captureScreenshot", &json!({"format": "png"}));
        let bytes = base64(image["data"].as_str().unwrap());
        std::fs::write(Path::new(&folder).join(name), bytes).unwrap();
    }

    fn ask(&mut self, method: &str, parameters: &Value) -> Value {
        self.sent += 1;
        let mut message = json!({"id": self.sent, "method": method, "params": parameters});
        if !self.session.is_null() {
            message["sessionId"] = self.session.clone();
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let mut answer: Value = serde_json::from_str(&text).unwrap();
            if answer["id"] == self.sent {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let _ = self.browser.kill();
        let _ = self.browser.wait();
    }
}

/// Port and path that a browser writes into its profile once it listens.
fn door(profile: &Path) -> (u16, String) {
    let start = Instant::now();
    loop {
        let text = std::fs::read_to_string(profile.join("DevToolsActivePort")).unwrap_or_default();
        if let Some((port, path)) = text.trim().split_once('\n')
            && path.starts_with('/')
        {
            return (port.parse().unwrap(), path.to_owned());
        }
        assert!(start.elapsed() < Duration::from_secs(60), "the browser does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// RFC 4648, which is how images come.
fn base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |byte: u8| DIGITS.iter().position(|it| *it == byte).unwrap_or(0) as u32;
    let mut bytes = Vec::new();
    for four in text.as_bytes().chunks(4) {
        let bits = four.iter().fold(0, |bits, byte| bits << 6 | digit(*byte));
        let padding = four.iter().filter(|byte| **byte == b'=').count();
        bytes.extend_from_slice(&bits.to_be_bytes()[1..4 - padding]);
    }
    bytes
}
