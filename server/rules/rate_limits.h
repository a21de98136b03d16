#ifndef TWOFOLD_SERVER_RULES_RATE_LIMITS_H_
#define TWOFOLD_SERVER_RULES_RATE_LIMITS_H_

#include <string>
#include <vector>

#include "server/methods/presented.h"
#include "server/methods/subject.h"
#include "server/rules/fields.h"
#include "server/rules/limits.h"
#include "storage/rate_limiter.h"

// Which buckets of the rate limiter a call passes: those of the subject and, where the caller passed an
// address, those of its networks. Pure functions.

namespace twofold {

// A call that presents something.
std::vector<Bucket> PresentedBuckets(const Limits& limits, const Subject& subject, const Presented& presented,
                                     const ClientAddress& client_address);

// A call that asks for a challenge.
std::vector<Bucket> ChallengeBuckets(const Limits& limits, const Subject& subject,
                                     const ClientAddress& client_address);

// A call that presents a grant.
std::vector<Bucket> GrantBuckets(const Limits& limits, const Subject& subject,
                                 const ClientAddress& client_address);

// Where a code goes.
struct SendRoute {
  // A keyed digest of the destination, in text.
  std::string destination_digest;
  // Empty for e-mail.
  std::string dial_prefix;
  // The type's name, such as "sms".
  std::string type;
};

// A code that is sent.
std::vector<Bucket> SendBuckets(const Limits& limits, const Subject& subject, const SendRoute& route,
                                const ClientAddress& client_address);

// A call that can write, and presents nothing.
std::vector<Bucket> WriteBuckets(const Limits& limits, const Subject& subject,
                                 const ClientAddress& client_address);

// All buckets of a subject that are not those of networks.
std::vector<Bucket> OwnBuckets(const Limits& limits, const Subject& subject);

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_RATE_LIMITS_H_
