//! Hotkeys on X11: chords are grabbed on the followed window alone, so that the server itself takes
//! them from that window while it has the keyboard, and from no other.
//!
//! Of the crate `global-hotkey` only the way to write a chord is used here. It grabs on the root
//! window, which takes the keys from every program; it looks for a letter among all layouts, which
//! may be another key than the one that bears it now; and it gives a chord back by looking again,
//! which fails once the layout has changed. Here what was grabbed is remembered, and grabbed anew
//! when the server tells of another layout.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use global_hotkey::hotkey::Modifiers;
use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xkb::{
    self, ConnectionExt as _, EventType, MapPart, NameDetail, PerClientFlag, SelectEventsAux,
    SelectEventsAuxStateNotify, StatePart,
};
use x11rb::protocol::xproto::{
    ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, GrabMode, KeyButMask, Keycode,
    ModMask, Window, WindowClass,
};
use x11rb::protocol::{ErrorKind, Event};
use x11rb::rust_connection::RustConnection;

use super::aim::{Aim, Refusal};
use super::layout::{Beyond, Key, Layout};
use super::planned::Planned;
use crate::desktop::window::x11::{Desktop, server};
use crate::messages::event::{AppEvent, EventSink};
use crate::messages::window::Focus;
use crate::messages::worker::{self, Worker};
use crate::settings::chords::HOTKEYS;

/// The modifiers that a chord can have: Shift, Ctrl, Alt (`Mod1`) and Super (`Mod4`).
const MODIFIERS: u16 = 1 | 1 << 2 | 1 << 3 | 1 << 6;
/// How often a chord is tried that another program has on the same window.
const TRIES: u32 = 3;
const RETRY_INTERVAL: Duration = Duration::from_millis(10);
const NUM_LOCK: u32 = 0xff7f;
const SCROLL_LOCK: u32 = 0xff14;

/// Takes chords from a window, and listens to them.
pub(super) struct Grabber {
    shared: Arc<Shared>,
    worker: Option<Worker>,
}

/// The X server has no hotkeys for us.
#[derive(Debug, thiserror::Error)]
pub(super) enum GrabberError {
    /// There is none.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It went.
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    /// It refuses what is asked: it may lack the keyboard extension.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// As above.
    #[error(transparent)]
    ReplyOrId(#[from] ReplyOrIdError),
    /// No thread can be started.
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

struct Shared {
    connection: RustConnection,
    root: Window,
    /// A window of our own, never shown: what is sent to it wakes the thread that listens.
    bell: Window,
    /// Whether the server is a guest of a Wayland compositor.
    is_guest: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    wanted: Vec<Planned>,
    aim: Aim,
    layout: Layout,
    /// Modifiers that are locked rather than held, in every combination.
    locks: Vec<ModMask>,
    grabs: Vec<Grab>,
    /// Keys of chords that are held down, and which.
    held: Vec<(Keycode, usize)>,
}

/// What was grabbed: given back as it is here, whatever the layout is by then.
#[derive(Clone, Copy, Debug)]
struct Grab {
    window: Window,
    key: Keycode,
    modifiers: ModMask,
    index: usize,
}

impl Grabber {
    /// Connects and starts listening; nothing is grabbed yet.
    ///
    /// # Errors
    /// When there is no X server, or it has no keyboard extension.
    pub(super) fn open(sink: EventSink) -> Result<Self, GrabberError> {
        let (connection, screen) = server::connect_to_game()?;
        let root = connection.setup().roots[screen].root;
        connection.xkb_use_extension(1, 0)?.reply()?;
        let keyboard = xkb::ID::USE_CORE_KBD.into();
        let repeats = PerClientFlag::DETECTABLE_AUTO_REPEAT;
        let none = xkb::BoolCtrl::default();
        connection.xkb_per_client_flags(keyboard, repeats, repeats, none, none, none)?.reply()?;
        watch_layouts(&connection)?;
        let bell = connection.generate_id()?;
        let class = WindowClass::INPUT_ONLY;
        connection
            .create_window(0, bell, root, -1, -1, 1, 1, 0, class, 0, &CreateWindowAux::new())?
            .check()?;
        // A display that goes meanwhile is noticed by what comes next.
        let is_guest = Desktop::connect_to_game().and_then(|desktop| desktop.is_xwayland()).unwrap_or(false);
        let shared = Arc::new(Shared { connection, root, bell, is_guest, state: Mutex::default() });
        shared.read_layout(&mut shared.lock())?;
        let theirs = Arc::clone(&shared);
        let worker = worker::spawn("hotkeys", move || theirs.listen(&sink))?;
        Ok(Self { shared, worker: Some(worker) })
    }

    /// Takes these chords instead of those before; returns which of them cannot be had, and why.
    pub(super) fn take(&mut self, wanted: Vec<Planned>) -> Vec<(usize, Refusal)> {
        let mut state = self.shared.lock();
        state.wanted = wanted;
        self.shared.grab(&mut state);
        let refusal = |planned: &Planned| Some((planned.index, self.shared.refusal(&state, planned)?));
        state.wanted.iter().filter_map(refusal).collect()
    }

    /// Takes the chords from there instead.
    pub(super) fn aim(&mut self, aim: Aim) {
        let mut state = self.shared.lock();
        let before = std::mem::replace(&mut state.aim, aim);
        if self.shared.place(before) != self.shared.place(aim) {
            self.shared.grab(&mut state);
        }
    }
}

impl Drop for Grabber {
    fn drop(&mut self) {
        let Shared { connection, bell, .. } = &*self.shared;
        let ring = ClientMessageEvent::new(32, *bell, x11rb::protocol::xproto::AtomEnum::NONE, [0; 5]);
        // Where the server is gone the thread has ended already.
        if let Ok(sent) = connection.send_event(false, *bell, EventMask::NO_EVENT, ring) {
            sent.ignore_error();
        }
        let _ = connection.flush();
        self.worker.take();
    }
}

/// Asks to be told of other layouts: new ones, changed ones, and when another becomes active.
fn watch_layouts(connection: &RustConnection) -> Result<(), GrabberError> {
    let whole = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
    // Of the state only the layout, or each press of Shift anywhere would wake us.
    let layout = StatePart::GROUP_STATE;
    let state = SelectEventsAuxStateNotify { affect_state: layout, state_details: layout };
    let details = SelectEventsAux { state_notify: Some(state), ..SelectEventsAux::default() };
    let keys = MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
    let keyboard = xkb::ID::USE_CORE_KBD.into();
    connection.xkb_select_events(keyboard, EventType::default(), whole, keys, keys, &details)?.check()?;
    Ok(())
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, sink: &EventSink) {
        while let Ok(event) = self.connection.wait_for_event() {
            let mut is_other_layout = false;
            let mut next = Some(event);
            // A change of layout comes as a row of events.
            while let Some(event) = next {
                match event {
                    Event::ClientMessage(_) => return,
                    Event::KeyPress(event) => self.pressed(event.detail, event.state, sink),
                    Event::KeyRelease(event) => self.released(event.detail, sink),
                    Event::MappingNotify(_)
                    | Event::XkbMapNotify(_)
                    | Event::XkbNewKeyboardNotify(_)
                    | Event::XkbStateNotify(_) => is_other_layout = true,
                    _ => {}
                }
                next = self.connection.poll_for_event().ok().flatten();
            }
            if is_other_layout {
                let mut state = self.lock();
                match self.read_layout(&mut state) {
                    Ok(true) => self.grab(&mut state),
                    // Another keyboard of the same layout: giving the chords back for a moment
                    // would let the one that is being pressed through to the game.
                    Ok(false) => {}
                    Err(error) => log::warn!("the keyboard's layout cannot be read: {error}"),
                }
            }
        }
    }

    fn pressed(&self, key: Keycode, modifiers: KeyButMask, sink: &EventSink) {
        let mut state = self.lock();
        let modifiers = ModMask::from(u16::from(modifiers) & MODIFIERS);
        let is_it = |grab: &&Grab| (grab.key, grab.modifiers) == (key, modifiers);
        let Some(index) = state.grabs.iter().find(is_it).map(|grab| grab.index) else { return };
        // A key that is held repeats.
        if !state.held.contains(&(key, index)) {
            state.held.push((key, index));
            drop(state);
            // Nobody listens once the program ends.
            let _ = sink(AppEvent::Command(HOTKEYS[index].pressed.clone()));
        }
    }

    fn released(&self, key: Keycode, sink: &EventSink) {
        let held = std::mem::take(&mut self.lock().held);
        let (ended, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|(held, _)| *held == key);
        self.lock().held.extend(others);
        for command in ended.into_iter().filter_map(|(_, index)| HOTKEYS[index].released.clone()) {
            // As above.
            let _ = sink(AppEvent::Command(command));
        }
    }

    /// Gives back what is grabbed.
    fn release(&self, state: &mut State) {
        for grab in state.grabs.drain(..) {
            self.give_back(grab, &state.locks);
        }
    }

    fn place(&self, aim: Aim) -> Option<Window> {
        place(aim, self.root, self.is_guest)
    }

    /// Gives back what is grabbed, and grabs what is wanted where it is wanted.
    fn grab(&self, state: &mut State) {
        self.release(state);
        let window = self.place(state.aim);
        for planned in &state.wanted {
            let Some(grab) = window.and_then(|window| wanted(planned, window, &state.layout)) else {
                continue;
            };
            // What another program has on the root window comes to us as soon as that one lets go.
            // On the window itself nobody has a chord for long: two programs may try one at once.
            for _ in 0..TRIES {
                if self.take(grab, &state.locks).is_ok() {
                    state.grabs.push(grab);
                    break;
                }
                std::thread::sleep(RETRY_INTERVAL);
            }
        }
        let _ = self.connection.flush();
    }

    fn take(&self, grab: Grab, locks: &[ModMask]) -> Result<(), ReplyError> {
        let mode = GrabMode::ASYNC;
        for &lock in locks {
            let modifiers = grab.modifiers | lock;
            let asked = self.connection.grab_key(false, grab.window, modifiers, grab.key, mode, mode)?;
            if let Err(error) = asked.check() {
                self.give_back(grab, locks);
                return Err(error);
            }
        }
        Ok(())
    }

    fn give_back(&self, grab: Grab, locks: &[ModMask]) {
        for &lock in locks {
            // A window that is gone has taken its grabs along.
            if let Ok(asked) = self.connection.ungrab_key(grab.key, grab.window, grab.modifiers | lock) {
                asked.ignore_error();
            }
        }
    }

    /// Why a chord cannot be had. Whether another program has it everywhere shows when it is taken
    /// on the root window for a moment.
    fn refusal(&self, state: &State, planned: &Planned) -> Option<Refusal> {
        let Some(grab) = wanted(planned, self.root, &state.layout) else { return Some(Refusal::NoKey) };
        let is_ours = |it: &Grab| (it.index, it.window) == (grab.index, self.root);
        if state.grabs.iter().any(is_ours) {
            return None;
        }
        match self.take(grab, &state.locks) {
            Ok(()) => {
                self.give_back(grab, &state.locks);
                None
            }
            Err(ReplyError::X11Error(error)) if error.error_kind == ErrorKind::Access => Some(Refusal::Taken),
            Err(error) => Some(Refusal::System(error.to_string())),
        }
    }

    /// Learns which keys there are now; returns whether they are others, and what was grabbed is
    /// given back then.
    fn read_layout(&self, state: &mut State) -> Result<bool, GrabberError> {
        let connection = &self.connection;
        let keyboard = xkb::ID::USE_CORE_KBD.into();
        let (all, no) = (MapPart::KEY_SYMS, MapPart::default());
        let no_mods = xkb::VMod::default();
        let map = connection
            .xkb_get_map(keyboard, all, no, 0, 0, 0, 0, 0, 0, 0, 0, no_mods, 0, 0, 0, 0, 0, 0)?
            .reply()?;
        let names = connection.xkb_get_names(keyboard, NameDetail::KEY_NAMES)?.reply()?;
        let active = usize::from(u8::from(connection.xkb_get_state(keyboard)?.reply()?.group));
        let places = names.value_list.key_names.unwrap_or_default();
        let keys = (map.first_key_sym..=u8::MAX).zip(map.map.syms_rtrn.unwrap_or_default());
        let keys = keys.map(|(code, symbols)| {
            let at = code.checked_sub(names.first_key).map(usize::from);
            let place = at.and_then(|at| places.get(at)).map_or([0; 4], |it| it.name);
            key(place, &symbols)
        });
        let layout = Layout { first: map.first_key_sym, keys: keys.collect(), active };
        let modifiers = connection.get_modifier_mapping()?.reply()?;
        let of_lock = |symbol| {
            let code = layout.with_symbol(symbol)?;
            let each = modifiers.keycodes.len() / 8;
            let row = modifiers.keycodes.chunks(each.max(1)).position(|row| row.contains(&code))?;
            Some(ModMask::from(1_u16 << row))
        };
        // Those of our chords are no locks, whatever a strange map says.
        let locks = [Some(ModMask::LOCK), of_lock(NUM_LOCK), of_lock(SCROLL_LOCK)];
        let locks = locks.into_iter().flatten().filter(|lock| u16::from(*lock) & MODIFIERS == 0);
        let locks = locks.fold(vec![ModMask::default()], |sets, lock| {
            let with = sets.iter().filter(|set| u16::from(**set & lock) == 0).map(|&set| set | lock);
            sets.iter().copied().chain(with.collect::<Vec<_>>()).collect()
        });
        if (&layout, &locks) == (&state.layout, &state.locks) {
            return Ok(false);
        }
        self.release(state);
        (state.layout, state.locks) = (layout, locks);
        Ok(true)
    }
}

/// The window whose keys are grabbed.
fn place(aim: Aim, root: Window, is_guest: bool) -> Option<Window> {
    match aim {
        Aim::Nowhere => None,
        // KWin takes the keyboard for good from a window whose key was grabbed. Programs of Wayland
        // get every key all the same: an X server is asked for those of its own windows alone.
        Aim::Window { focus, .. } if is_guest => (focus == Focus::Here).then_some(root),
        Aim::Window { id, .. } => Window::try_from(id.0).ok(),
        Aim::Everywhere => Some(root),
    }
}

/// The grab of a chord on a window; `None` when no key stands for it.
fn wanted(planned: &Planned, window: Window, layout: &Layout) -> Option<Grab> {
    let key = layout.find(planned.key.key)?;
    let masks = [
        (Modifiers::CONTROL, ModMask::CONTROL),
        (Modifiers::SHIFT, ModMask::SHIFT),
        (Modifiers::ALT, ModMask::M1),
        (Modifiers::META, ModMask::M4),
    ];
    let held = masks.into_iter().filter(|(modifier, _)| planned.key.mods.intersects(*modifier));
    let modifiers = held.fold(ModMask::default(), |all, (_, mask)| all | mask);
    Some(Grab { window, key, modifiers, index: planned.index })
}

/// A key as the keyboard extension tells it.
fn key(place: [u8; 4], map: &xkb::KeySymMap) -> Key {
    let width = usize::from(map.width).max(1);
    let count = usize::from(map.group_info & 0x0f);
    let beyond = match map.group_info >> 6 {
        1 => Beyond::Clamp,
        2 => Beyond::Redirect(usize::from(map.group_info >> 4 & 0x03)),
        _ => Beyond::Wrap,
    };
    let symbols = map.syms.chunks(width).take(count).map(<[u32]>::to_vec).collect();
    Key { place, symbols, beyond }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::window::WindowId;

    #[test]
    fn a_guest_of_wayland_takes_keys_from_all_of_x_while_the_game_has_them() {
        const ROOT: Window = 1;
        let window = |focus| Aim::Window { id: WindowId(7), focus };
        let check = |aim, is_guest, wanted| assert_eq!(place(aim, ROOT, is_guest), wanted, "{aim:?}");
        check(window(Focus::Here), false, Some(7));
        check(window(Focus::Elsewhere), false, Some(7));
        check(window(Focus::Here), true, Some(ROOT));
        check(window(Focus::Elsewhere), true, None);
        check(Aim::Everywhere, true, Some(ROOT));
        check(Aim::Nowhere, true, None);
    }
}
