//! A window of another program, which hears the keys that reach it.

use std::time::{Duration, Instant};

use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeGCAux, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateGCAux,
    CreateWindowAux, EventMask, PropMode, Rectangle, StackMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::desktop::wait_for;

const SIZE: [u16; 2] = [300, 200];

pub(crate) struct OtherProgram {
    connection: RustConnection,
    root: Window,
    window: Window,
    frame: Option<Window>,
}

impl OtherProgram {
    /// Opens a window that the window manager cares for.
    pub(crate) fn open(title: &str, class: &str) -> Self {
        let program = Self::show(title, class);
        let active = program.atom("_NET_CLIENT_LIST");
        wait_for("the window manager takes the window", || {
            let list =
                program.connection.get_property(false, program.root, active, AtomEnum::WINDOW, 0, 1024);
            let list = list.unwrap().reply().unwrap();
            list.value32()?.any(|window| window == program.window).then_some(())
        });
        program
    }

    /// As [`OtherProgram::open`], where the window manager may keep no list.
    pub(crate) fn show(title: &str, class: &str) -> Self {
        let program = Self::create(title, None);
        let classes = format!("{class}\0{class}\0");
        let kind = AtomEnum::STRING;
        let named = program.connection.change_property8(
            PropMode::REPLACE,
            program.window,
            AtomEnum::WM_CLASS,
            kind,
            classes.as_bytes(),
        );
        named.unwrap().check().unwrap();
        program.connection.map_window(program.window).unwrap().check().unwrap();
        program
    }

    /// Opens a window in a frame of its own, which no window manager touches.
    pub(crate) fn open_in_frame(title: &str, colour: [u8; 3]) -> Self {
        let (connection, number) = x11rb::connect(None).expect("the display is there");
        let root = connection.setup().roots[number].root;
        let frame = connection.generate_id().unwrap();
        let look = CreateWindowAux::new().override_redirect(1);
        make(&connection, frame, root, [40, 40], &look);
        // The frame lives as long as its own connection.
        let mut program = Self::create_on(connection, root, title, Some(frame));
        program.frame = Some(frame);
        program.connection.map_window(program.window).unwrap().check().unwrap();
        program.show_frame(true);
        program.paint(colour);
        program
    }

    fn create(title: &str, frame: Option<Window>) -> Self {
        let (connection, number) = x11rb::connect(None).expect("the display is there");
        let root = connection.setup().roots[number].root;
        Self::create_on(connection, root, title, frame)
    }

    fn create_on(connection: RustConnection, root: Window, title: &str, frame: Option<Window>) -> Self {
        let window = connection.generate_id().unwrap();
        let look = CreateWindowAux::new().event_mask(EventMask::KEY_PRESS).background_pixel(0x20_2020);
        make(&connection, window, frame.unwrap_or(root), [0, 0], &look);
        let program = Self { connection, root, window, frame: None };
        for name in ["WM_NAME", "_NET_WM_NAME"] {
            program.set_text(name, title);
        }
        program
    }

    pub(crate) fn number(&self) -> Window {
        self.window
    }

    fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    fn set_text(&self, name: &str, text: &str) {
        let (name, kind) = (self.atom(name), self.atom("UTF8_STRING"));
        let set =
            self.connection.change_property8(PropMode::REPLACE, self.window, name, kind, text.as_bytes());
        set.unwrap().check().unwrap();
    }

    /// Gives the window another name, as a window manager has one.
    pub(crate) fn set_name(&self, name: &str) {
        self.set_text("_NET_WM_NAME", name);
    }

    pub(crate) fn root_property(&self, name: &str) -> u32 {
        let asked = self.connection.get_property(false, self.root, self.atom(name), AtomEnum::ANY, 0, 1);
        let reply = asked.unwrap().reply().unwrap();
        reply.value32().and_then(|mut values| values.next()).unwrap_or_default()
    }

    pub(crate) fn set_root_property(&self, name: &str, value: u32) {
        let kind = if name.contains("DESKTOP") { AtomEnum::CARDINAL } else { AtomEnum::WINDOW };
        let name = self.atom(name);
        let set = self.connection.change_property32(PropMode::REPLACE, self.root, name, kind, &[value]);
        set.unwrap().check().unwrap();
    }

    pub(crate) fn set_root_text(&self, name: &str, text: &str) {
        let (name, kind) = (self.atom(name), AtomEnum::STRING);
        let set = self.connection.change_property8(PropMode::REPLACE, self.root, name, kind, text.as_bytes());
        set.unwrap().check().unwrap();
    }

    pub(crate) fn delete_root_property(&self, name: &str) {
        self.connection.delete_property(self.root, self.atom(name)).unwrap().check().unwrap();
    }

    /// Asks the window manager to lay the window there, on top.
    pub(crate) fn move_to(&self, [left, top]: [i32; 2]) {
        let place = ConfigureWindowAux::new().x(left).y(top).stack_mode(StackMode::ABOVE);
        self.connection.configure_window(self.window, &place).unwrap().check().unwrap();
    }

    /// Waits until this window has the keyboard.
    pub(crate) fn take_keyboard(&self) {
        self.give_keyboard(self.window);
        while self.connection.poll_for_event().unwrap().is_some() {}
    }

    /// Has the window manager give another window the keyboard.
    pub(crate) fn give_keyboard(&self, window: Window) {
        const PAGER: u32 = 2;
        let active = self.atom("_NET_ACTIVE_WINDOW");
        let message = ClientMessageEvent::new(32, window, active, [PAGER, 0, 0, 0, 0]);
        let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        wait_for("the window has the keyboard", || {
            self.connection.send_event(false, self.root, mask, message).unwrap().check().unwrap();
            std::thread::sleep(Duration::from_millis(60));
            let focus = self.connection.get_input_focus().unwrap().reply().unwrap().focus;
            let is_here = focus == window || self.parent(focus) == Some(window);
            (self.root_property("_NET_ACTIVE_WINDOW") == window && is_here).then_some(())
        });
    }

    fn parent(&self, window: Window) -> Option<Window> {
        Some(self.connection.query_tree(window).ok()?.reply().ok()?.parent)
    }

    /// The number of the next key that is no modifier.
    pub(crate) fn next_key(&self) -> u8 {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            match self.connection.poll_for_event().unwrap() {
                Some(Event::KeyPress(event)) if event.detail != 37 && event.detail != 50 => {
                    return event.detail;
                }
                Some(_) => {}
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        }
        panic!("no key came");
    }

    pub(crate) fn show_frame(&self, shown: bool) {
        let frame = self.frame.expect("it has one");
        let asked = match shown {
            true => self.connection.map_window(frame),
            false => self.connection.unmap_window(frame),
        };
        asked.unwrap().check().unwrap();
    }

    pub(crate) fn paint(&self, colour: [u8; 3]) {
        let [red, green, blue] = colour.map(|share| u16::from(share) * 0x101);
        let colours = self.connection.setup().roots[0].default_colormap;
        let colour = self.connection.alloc_color(colours, red, green, blue).unwrap().reply().unwrap();
        let pen = self.connection.generate_id().unwrap();
        self.connection.create_gc(pen, self.window, &CreateGCAux::new()).unwrap().check().unwrap();
        let ink = ChangeGCAux::new().foreground(colour.pixel);
        self.connection.change_gc(pen, &ink).unwrap().check().unwrap();
        let whole = Rectangle { x: 0, y: 0, width: SIZE[0], height: SIZE[1] };
        self.connection.poly_fill_rectangle(self.window, pen, &[whole]).unwrap().check().unwrap();
        self.connection.free_gc(pen).unwrap().check().unwrap();
    }
}

/// Makes a window inside another, at this place in it.
fn make(
    connection: &RustConnection,
    window: Window,
    inside: Window,
    [left, top]: [i16; 2],
    look: &CreateWindowAux,
) {
    let made = connection.create_window(
        COPY_DEPTH_FROM_PARENT,
        window,
        inside,
        left,
        top,
        SIZE[0],
        SIZE[1],
        0,
        WindowClass::INPUT_OUTPUT,
        0,
        look,
    );
    made.unwrap().check().unwrap();
}
