//! Windows: which windows there are, where their insides lie, and where the pointer is.
#![expect(unsafe_code, reason = "the system is asked through its own functions")]

use std::mem::size_of;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use lens_core::geometry::{OnScreen, Point, Rect};
use windows::Win32::Foundation::{CloseHandle, HWND, LPARAM, POINT, RECT, TRUE};
use windows::Win32::Graphics::Dwm::{
    DWMWA_CLOAKED, DWMWA_EXTENDED_FRAME_BOUNDS, DWMWINDOWATTRIBUTE, DwmGetWindowAttribute,
};
use windows::Win32::Graphics::Gdi::ClientToScreen;
use windows::Win32::System::Console::GetConsoleProcessList;
use windows::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};
use windows::Win32::UI::HiDpi::{DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2, SetProcessDpiAwarenessContext};
use windows::Win32::UI::WindowsAndMessaging::{
    EnumWindows, GetClientRect, GetCursorPos, GetForegroundWindow, GetWindowTextW, GetWindowThreadProcessId,
    IsIconic, IsWindow, IsWindowVisible,
};
use windows::core::{BOOL, PWSTR};

use super::error::DesktopError;
use crate::messages::window::{Placement, WindowId, WindowInfo};

/// Asking where one window is takes microseconds: often enough to follow it without a visible lag.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(16);

/// Longest title and path that are read, in UTF-16 units.
const MAX_TEXT: usize = 1024;

/// Whether the console's window is there for this process alone, as after a click on the program:
/// it closes with it, and nobody can read what was written last.
pub fn has_own_console() -> bool {
    let mut processes = [0; 2];
    // SAFETY: the list is told its length, and is not kept.
    let count = unsafe { GetConsoleProcessList(&mut processes) };
    count == 1
}

/// The windows of the desktop that can be seen, from the bottom to the top. This program's own are
/// not among them: asking them for their titles would wait for the thread that asks.
///
/// # Errors
/// When the system does not list them.
pub fn list() -> Result<Vec<WindowInfo>, DesktopError> {
    unsafe extern "system" fn collect(window: HWND, into: LPARAM) -> BOOL {
        // SAFETY: `list` passes its own vector, which outlives the listing and is used by nobody
        // else meanwhile.
        unsafe { (*(into.0 as *mut Vec<HWND>)).push(window) };
        TRUE
    }
    see_real_pixels();
    let mut found: Vec<HWND> = Vec::new();
    // SAFETY: `collect` takes the vector for what it is, and nothing of it is kept.
    unsafe { EnumWindows(Some(collect), LPARAM(&raw mut found as isize)) }
        .map_err(|error| DesktopError::Lost(error.to_string()))?;
    Ok(found.into_iter().rev().filter_map(describe).collect())
}

fn describe(window: HWND) -> Option<WindowInfo> {
    let mut process = 0;
    // SAFETY: a window that is gone meanwhile is answered with zero; `process` outlives the call.
    unsafe { GetWindowThreadProcessId(window, Some(&raw mut process)) };
    if process == 0 || process == std::process::id() || !is_visible(window) {
        return None;
    }
    let mut title = [0; MAX_TEXT];
    // SAFETY: the text is cut to the buffer.
    let length = unsafe { GetWindowTextW(window, &mut title) };
    let title = String::from_utf16_lossy(&title[..usize::try_from(length).unwrap_or(0)]);
    let program = program(process).unwrap_or_default();
    Some(WindowInfo { id: WindowId(window.0 as u64), title, program })
}

/// Name of a process's file, without `.exe`.
fn program(process: u32) -> Option<String> {
    let mut path = [0; MAX_TEXT];
    let mut length = MAX_TEXT as u32;
    // SAFETY: the path is cut to the buffer, and the handle is closed once.
    unsafe {
        let handle = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, process).ok()?;
        let read =
            QueryFullProcessImageNameW(handle, PROCESS_NAME_WIN32, PWSTR(path.as_mut_ptr()), &raw mut length);
        // Nothing depends on it: a handle that cannot be closed goes with this process.
        let _ = CloseHandle(handle);
        read.ok()?;
    }
    let path = String::from_utf16_lossy(&path[..length as usize]);
    Some(Path::new(&path).file_stem()?.to_string_lossy().into_owned())
}

/// Where a window's inside is now.
pub(crate) fn placement(id: WindowId) -> Placement {
    let window = handle(id);
    // SAFETY: any number may be asked about.
    if !unsafe { IsWindow(Some(window)) }.as_bool() {
        return Placement::Absent;
    }
    // SAFETY: as above.
    let is_minimised = unsafe { IsIconic(window) }.as_bool();
    let inside = inside(window).filter(|inside| inside.width() >= 1.0 && inside.height() >= 1.0);
    match inside {
        Some(area) if !is_minimised && is_visible(window) => Placement::Shown { window: id, area },
        _ => Placement::Hidden { window: id },
    }
}

/// The inside of a window, without title bar and frame; `None` when it is gone.
pub(crate) fn inside(window: HWND) -> Option<Rect<OnScreen>> {
    see_real_pixels();
    let (mut size, mut corner) = (RECT::default(), POINT::default());
    // SAFETY: both outlive the calls.
    unsafe {
        GetClientRect(window, &raw mut size).ok()?;
        ClientToScreen(window, &raw mut corner).ok().ok()?;
    }
    Some(Rect::ltwh(corner.x as f32, corner.y as f32, size.right as f32, size.bottom as f32))
}

/// A window with its frame, as Windows Graphics Capture shows it.
pub(crate) fn with_frame(window: HWND) -> Option<Rect<OnScreen>> {
    let RECT { left, top, right, bottom } = attribute(window, DWMWA_EXTENDED_FRAME_BOUNDS)?;
    Some(Rect::ltwh(left as f32, top as f32, (right - left) as f32, (bottom - top) as f32))
}

/// The window that has the keyboard.
pub(super) fn active() -> Option<WindowId> {
    // SAFETY: takes nothing.
    let window = unsafe { GetForegroundWindow() };
    (!window.is_invalid()).then(|| WindowId(window.0 as u64))
}

/// The system's handle of a window.
pub(crate) fn handle(id: WindowId) -> HWND {
    HWND(id.0 as usize as *mut _)
}

/// Shown, and not on another virtual desktop.
fn is_visible(window: HWND) -> bool {
    // SAFETY: any number may be asked about.
    unsafe { IsWindowVisible(window) }.as_bool() && attribute(window, DWMWA_CLOAKED).unwrap_or(0u32) == 0
}

/// Where the pointer is.
pub(crate) fn pointer() -> Option<Point<OnScreen>> {
    let mut at = POINT::default();
    // SAFETY: `at` outlives the call.
    unsafe { GetCursorPos(&raw mut at) }.ok()?;
    Some(Point::new(at.x as f32, at.y as f32))
}

fn attribute<T: Copy + Default>(window: HWND, which: DWMWINDOWATTRIBUTE) -> Option<T> {
    let mut value = T::default();
    // SAFETY: the callers ask for the type that the attribute has, and its size is told.
    unsafe { DwmGetWindowAttribute(window, which, (&raw mut value).cast(), size_of::<T>() as u32) }.ok()?;
    Some(value)
}

/// Has the system tell pixels of the screen, rather than of a desktop that it imagines for old
/// programs.
fn see_real_pixels() {
    static ONCE: Once = Once::new();
    // SAFETY: takes a constant. It fails where winit was first, which asks for the same.
    ONCE.call_once(|| unsafe {
        let _ = SetProcessDpiAwarenessContext(DPI_AWARENESS_CONTEXT_PER_MONITOR_AWARE_V2);
    });
}
