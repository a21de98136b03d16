// OpenCms takes a file that somebody sent. The key below sealed the inputs of the corpus, all with the same
// content, so a change of one of them opens to that content or not at all.

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crypto/bytes.h"
#include "crypto/cms.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

// Made for this test.
constexpr char kKey[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGDj+VZdBp+z5b8FM\n"
    "Tyb9Tp213KKmCznqnOXK0R2jR+ShRANCAASuZa4Fn8Wbb53Fn8hTTmt6UMWvynAR\n"
    "HdD1wRYigRsd+43vdj+oGeHwrrvWYXB2Hc3UB8XFfSaGglub8itz6DFf\n"
    "-----END PRIVATE KEY-----\n";

constexpr char kContent[] = "{\"userId\":\"ann\"}\n";

void Run(const uint8_t* data, size_t size) {
  static const twofold::CmsOpener opener = {twofold::SecretBytes::FromString(kKey), {}};
  const absl::string_view file = twofold::AsText({data, size});
  static_cast<void>(twofold::LooksLikeCms(file));
  const auto content = twofold::OpenCms(file, opener);
  if (content.ok() && content->text() != kContent) std::abort();
}

[[maybe_unused]] const bool kAdded = twofold::AddFuzzTarget("cms", &Run);

}  // namespace
