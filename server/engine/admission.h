#ifndef TWOFOLD_SERVER_ENGINE_ADMISSION_H_
#define TWOFOLD_SERVER_ENGINE_ADMISSION_H_

#include <vector>

#include "server/engine/change.h"
#include "storage/rate_limiter.h"

namespace twofold {

// The buckets that a call passes, none for Meter::kNone: those of the subject, and where the caller passed an
// address, those of its networks.
std::vector<Bucket> BucketsOf(const Limits& limits, const Subject& subject, Meter meter,
                              const ClientAddress& client_address);

// The buckets of a subject that are not those of networks.
std::vector<Bucket> OwnBucketsOf(const Limits& limits, const Subject& subject);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_ENGINE_ADMISSION_H_
