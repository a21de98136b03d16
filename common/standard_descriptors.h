#ifndef TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_
#define TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_

namespace twofold {

// Opens /dev/null for reading in place of each of stdin, stdout and stderr that the process was
// started without. Otherwise the next file that is opened would get that number, and text for
// stderr would be written into it. A write to a closed one still fails. Call it first in main,
// while no other thread runs. Returns false if it fails. There may then be no place to report it.
[[nodiscard]] bool SecureStandardDescriptors();

}  // namespace twofold

#endif  // TWOFOLD_COMMON_STANDARD_DESCRIPTORS_H_
