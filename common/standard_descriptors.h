#ifndef TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_
#define TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_

namespace twofold {

// Opens /dev/null, to be read, in place of each of stdin, stdout and stderr that the process was started
// without. Otherwise the next file that is opened gets that number, and what is meant for stderr is written
// into it. To write to what was closed fails as before. First in main, while no other thread runs. False: it
// cannot be done, and there may be nowhere to say so.
[[nodiscard]] bool SecureStandardDescriptors();

}  // namespace twofold

#endif  // TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_
