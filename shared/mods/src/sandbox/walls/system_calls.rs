//! The few system calls that are left to the child on Linux: memory, its two pipes, its end.
//!
//! Everything else is answered with "not permitted", so that code which asks on the way, and can do
//! without, goes on.

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// Memory, waiting, clocks, signals of its own and the end.
const ALLOWED: [libc::c_long; 22] = [
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_sched_yield,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_sigaltstack,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_restart_syscall,
    libc::SYS_close,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// Leaves this process those calls, for good.
pub(super) fn allow_few() -> Result<(), seccompiler::Error> {
    seccompiler::apply_filter(&program()?)
}

fn program() -> Result<BpfProgram, seccompiler::BackendError> {
    let mut rules: std::collections::BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().map(|&call| (call, Vec::new())).collect();
    // Reading from the one pipe and writing to the other, whatever else may have been inherited.
    for (call, pipe) in [(libc::SYS_read, 0), (libc::SYS_write, 1)] {
        let to_pipe = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, pipe)?;
        rules.insert(call, vec![SeccompRule::new(vec![to_pipe])?]);
    }
    let not_permitted = SeccompAction::Errno(libc::EPERM.unsigned_abs());
    let architecture = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, not_permitted, SeccompAction::Allow, architecture)?.try_into()
}
