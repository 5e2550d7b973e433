// security/security.c without a security module: nothing is refused.
#include "kernel_model/include/linux/binfmts.hpp"

namespace kernel {

TRACED(int, security_bprm_check, (linux_binprm*, bprm)) { return 0; }
TRACED(int, security_bprm_creds_for_exec, (linux_binprm*, bprm)) { return 0; }
TRACED(void, security_bprm_committing_creds, (linux_binprm*, bprm)) {}
TRACED(void, security_bprm_committed_creds, (linux_binprm*, bprm)) {}

}  // namespace kernel
