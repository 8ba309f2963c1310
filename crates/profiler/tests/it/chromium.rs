//! A headless Chromium, driven over a pipe by its DevTools protocol: what the tests of pages look through.
//!
//! The browser is the one that `MPROF_RS_CHROMIUM` names, or one that is found on PATH. Where there is none, tests say
//! loudly that they were skipped; where the variable is set, they fail.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// Far more than anything takes on a busy machine: only what never comes is waited for so long.
const PATIENCE: Duration = Duration::from_secs(90);
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// The protocol's pipe is on descriptors 3 and 4, where a shell can put our ends of it.
const ON_PIPE: &str = r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null 2>&1"#;
/// What tells of errors, warnings, dialogs, and of anything that is asked of a network.
const DOMAINS: [&str; 5] = ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable", "DOM.enable"];

/// A browser with one page in it.
pub(crate) struct Chromium {
    process: Child,
    commands: RefCell<ChildStdin>,
    messages: Receiver<Value>,
    events: RefCell<Vec<Value>>,
    last_id: Cell<u64>,
    session: String,
    _profile: TempDir,
}

/// A browser; none where there is none.
pub(crate) fn chromium() -> Option<Chromium> {
    let program = match std::env::var_os("MPROF_RS_CHROMIUM") {
        Some(named) => PathBuf::from(named),
        None => on_path().or_else(|| {
            eprintln!("SKIPPED: no Chromium is on PATH; the pages that mprof-rs writes were not tested");
            None
        })?,
    };
    assert!(program.is_file(), "MPROF_RS_CHROMIUM names no browser: {program:?}");
    Some(Chromium::start(&program))
}

fn on_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let programs = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    programs.into_iter().find(|program| program.is_file())
}

impl Chromium {
    fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut process = Command::new("sh")
            .args(["-c", ON_PIPE])
            .arg(program)
            // Tests may run as root and in containers, where Chromium's sandbox cannot.
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--no-first-run",
            ])
            .args(["--disable-background-networking", "--disable-extensions", "--remote-debugging-pipe"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = RefCell::new(process.stdin.take().unwrap());
        let mut pipe = BufReader::new(process.stdout.take().unwrap());
        let (sender, messages) = mpsc::channel();
        thread::spawn(move || pass_on(&mut pipe, &sender));
        let (events, last_id, session) = (RefCell::default(), Cell::default(), String::new());
        let mut it = Self { process, commands, messages, events, last_id, session, _profile: profile };
        it.open_page();
        it
    }

    fn open_page(&mut self) {
        let target = self.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = self.ask("Target.attachToTarget", &attach);
        self.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in DOMAINS {
            self.ask(domain, &json!({}));
        }
        // No window of the system tells the page that it is in front.
        self.ask("Emulation.setFocusEmulationEnabled", &json!({"enabled": true}));
        self.resize(1200, 900);
    }

    /// The size of the window, in pixels.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &metrics);
    }

    /// Opens a file and waits until its viewer has drawn it.
    pub(crate) fn open(&self, file: &Path) {
        self.open_still(file);
        self.wait_for("document.getElementById('span')?.textContent !== ''");
    }

    /// Opens a file in which no script need run.
    pub(crate) fn open_still(&self, file: &Path) {
        let url = format!("file://{}", file.canonicalize().unwrap().display());
        let outcome = self.ask("Page.navigate", &json!({"url": url}));
        assert!(outcome["errorText"].is_null(), "{outcome}");
        self.wait_for("document.readyState === 'complete'");
    }

    /// Calls a method of the protocol.
    #[track_caller]
    pub(crate) fn ask(&self, method: &str, params: &Value) -> Value {
        let id = self.last_id.get() + 1;
        self.last_id.set(id);
        let mut command = json!({"id": id, "method": method, "params": params});
        if !self.session.is_empty() {
            command["sessionId"] = self.session.as_str().into();
        }
        let mut commands = self.commands.borrow_mut();
        commands.write_all(format!("{command}\0").as_bytes()).unwrap();
        loop {
            let message = self.messages.recv_timeout(PATIENCE);
            let message = message.unwrap_or_else(|error| panic!("no answer to {command}: {error}"));
            assert_ne!(message["method"], "Page.javascriptDialogOpening", "a dialog: {message}");
            if message["id"] != id {
                self.events.borrow_mut().push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{command}: {message}");
            return message["result"].clone();
        }
    }

    /// The value of an expression in the page.
    #[track_caller]
    pub(crate) fn value(&self, expression: &str) -> Value {
        let params = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let outcome = self.ask("Runtime.evaluate", &params);
        assert!(outcome["exceptionDetails"].is_null(), "{expression}: {outcome}");
        outcome["result"]["value"].clone()
    }

    /// A text in the page.
    #[track_caller]
    pub(crate) fn text(&self, expression: &str) -> String {
        self.value(expression).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an expression in the page is true.
    #[track_caller]
    pub(crate) fn wait_for(&self, expression: &str) {
        let started = Instant::now();
        while self.value(&format!("Boolean({expression})")) != true {
            assert!(started.elapsed() < PATIENCE, "never true: {expression}; {:#?}", self.complaints());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Moves, presses or turns the mouse.
    #[track_caller]
    pub(crate) fn mouse(&self, kind: &str, at: (f64, f64), more: &Value) {
        let mut params = json!({"type": kind, "x": at.0, "y": at.1});
        for (key, value) in more.as_object().unwrap() {
            params[key] = value.clone();
        }
        self.ask("Input.dispatchMouseEvent", &params);
    }

    /// Clicks so many times.
    #[track_caller]
    pub(crate) fn click(&self, at: (f64, f64), n_times: u32) {
        self.mouse("mouseMoved", at, &json!({}));
        for n in 1..=n_times {
            let button = json!({"button": "left", "clickCount": n});
            self.mouse("mousePressed", at, &button);
            self.mouse("mouseReleased", at, &button);
        }
    }

    /// Presses from one place to another.
    #[track_caller]
    pub(crate) fn drag(&self, from: (f64, f64), to: (f64, f64), modifiers: u32) {
        let held = json!({"button": "left", "buttons": 1, "clickCount": 1, "modifiers": modifiers});
        self.mouse("mouseMoved", from, &json!({}));
        self.mouse("mousePressed", from, &held);
        self.mouse("mouseMoved", (f64::midpoint(from.0, to.0), to.1), &held);
        self.mouse("mouseMoved", to, &held);
        self.mouse("mouseReleased", to, &held);
    }

    /// Presses a key.
    #[track_caller]
    pub(crate) fn key(&self, key: &str, modifiers: u32) {
        for kind in ["keyDown", "keyUp"] {
            let mut params = json!({"type": kind, "key": key, "modifiers": modifiers});
            if kind == "keyDown" && key.chars().count() == 1 {
                params["text"] = key.into();
            }
            self.ask("Input.dispatchKeyEvent", &params);
        }
    }

    /// Where the middle of an element is, scrolled into sight.
    #[track_caller]
    pub(crate) fn middle_of(&self, element: &str) -> (f64, f64) {
        let place = self.value(&format!(
            "(() => {{ const it = {element}; it.scrollIntoView({{block: 'center'}}); \
             const box = it.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; }})()"
        ));
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    /// Errors, warnings, and requests for anything but the page's own file.
    pub(crate) fn complaints(&self) -> Vec<Value> {
        let is_bad = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.exceptionThrown"
            | "Runtime.consoleAPICalled"
            | "Log.entryAdded"
            | "Network.webSocketCreated"
            | "Page.windowOpen" => true,
            "Network.requestWillBeSent" => {
                let url = event["params"]["request"]["url"].as_str().unwrap_or_default();
                event["params"]["type"] != "Document" || !url.starts_with("file://")
            }
            _ => false,
        };
        self.events.borrow().iter().filter(is_bad).cloned().collect()
    }

    /// Checks that the page neither complained nor asked for anything.
    #[track_caller]
    pub(crate) fn check_quiet(&self) {
        // What was told before this answer has come by then.
        self.value("1");
        assert_eq!(self.complaints(), Vec::<Value>::new());
    }
}

/// Passes on what the browser says, message by message, until either side ends.
fn pass_on(pipe: &mut impl BufRead, sender: &Sender<Value>) {
    let mut message = Vec::new();
    while pipe.read_until(0, &mut message).is_ok_and(|n| n > 0) {
        let value = serde_json::from_slice(message.strip_suffix(b"\0").unwrap_or(&message));
        if sender.send(value.unwrap()).is_err() {
            return;
        }
        message.clear();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        // Its helpers end when the browser does; this is not waited for, lest a hung one holds up the tests.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
