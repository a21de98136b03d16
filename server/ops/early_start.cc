#include <unistd.h>

#include "common/standard_descriptors.h"
#include "server/ops/process.h"

// What a server does before anything else. A program that links this file needs no call.
//
// The dynamic linker calls it when all libraries are in place, before any of them is initialised: from here
// on no signal ends the process, and none is lost. Some libraries open descriptors when they are initialised.
namespace {
void BeforeLibraries() {
  twofold::BlockSignals();
  if (!twofold::SecureStandardDescriptors()) _exit(1);
}
}  // namespace
__attribute__((section(".preinit_array"), used)) void (*const before_libraries)() = BeforeLibraries;
