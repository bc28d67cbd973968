//! The job object that holds the child on Windows: memory, processor time, no second process.

#![expect(unsafe_code, reason = "no crate of ours wraps these calls")]

use windows::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
    JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
    JOB_OBJECT_LIMIT_PROCESS_TIME, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject,
};
use windows::Win32::System::Threading::GetCurrentProcess;

/// Puts this process into a job of its own, for good.
pub(super) fn enclose(memory: u64, seconds: u64) -> windows::core::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS
        | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
        | JOB_OBJECT_LIMIT_PROCESS_MEMORY
        | JOB_OBJECT_LIMIT_PROCESS_TIME;
    limits.BasicLimitInformation.ActiveProcessLimit = 1;
    // In units of 100 ns.
    limits.BasicLimitInformation.PerProcessUserTimeLimit =
        i64::try_from(seconds * 10_000_000).unwrap_or(i64::MAX);
    limits.ProcessMemoryLimit = usize::try_from(memory).unwrap_or(usize::MAX);
    let size = size_of_val(&limits) as u32;
    // SAFETY: the structure and its size belong together and outlive the calls; the handle of the
    // job stays open until the process ends, which is what keeps the limits.
    unsafe {
        CreateJobObjectW(None, windows::core::PCWSTR::null()).and_then(|job| {
            SetInformationJobObject(
                job,
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size,
            )?;
            AssignProcessToJobObject(job, GetCurrentProcess())
        })
    }
}
