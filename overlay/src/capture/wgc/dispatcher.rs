//! A function that Windows Graphics Capture needs of a library that old systems, and Wine 8, do not
//! have: it is looked up when it is called, so that the program starts there.
//!
//! The `windows` crate imports the function by name, and a program does not start where an import
//! is missing. A call of an imported function goes to its name, or through a pointer called
//! `__imp_` and its name, by the linker that is used. The linker takes both from the first object
//! that has them: this one, rather than the import of the library.
#![expect(unsafe_code, reason = "a library of the system is opened and called")]

use std::ffi::c_void;

use windows::Win32::Foundation::GetLastError;
use windows::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_SEARCH_SYSTEM32, LoadLibraryExW};
use windows::Win32::System::WinRT::DispatcherQueueOptions;
use windows::core::{HRESULT, s, w};

type Create = unsafe extern "system" fn(DispatcherQueueOptions, *mut *mut c_void) -> HRESULT;

/// Where calls of `CreateDispatcherQueueController` go that use the pointer.
#[unsafe(export_name = "__imp_CreateDispatcherQueueController")]
static IMPORTED: Create = create;

/// Calls the function where there is one, and fails as any other of its failures does elsewhere.
#[unsafe(export_name = "CreateDispatcherQueueController")]
unsafe extern "system" fn create(options: DispatcherQueueOptions, result: *mut *mut c_void) -> HRESULT {
    // SAFETY: a library of the system itself, which stays open until the program ends.
    let library = unsafe { LoadLibraryExW(w!("coremessaging.dll"), None, LOAD_LIBRARY_SEARCH_SYSTEM32) };
    let library = match library {
        Ok(library) => library,
        Err(error) => return error.code(),
    };
    // SAFETY: the library is open.
    let Some(found) = (unsafe { GetProcAddress(library, s!("CreateDispatcherQueueController")) }) else {
        // SAFETY: it only reads what the call before left behind.
        return unsafe { GetLastError() }.to_hresult();
    };
    // SAFETY: this is how the system declares the function of that name.
    let function = unsafe { std::mem::transmute::<unsafe extern "system" fn() -> isize, Create>(found) };
    // SAFETY: the caller keeps to what the function asks for.
    unsafe { function(options, result) }
}
