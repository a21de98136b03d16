#include "storage/redis/server_facts.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace twofold::redis {
namespace {

constexpr absl::Duration kClockTolerance = absl::Seconds(5);

std::string FieldOf(absl::string_view info, absl::string_view name) {
  for (const absl::string_view line : absl::StrSplit(info, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (parts.first == name) return std::string(absl::StripAsciiWhitespace(parts.second));
  }
  return "";
}

bool IsAtLeast72(absl::string_view version) {
  const std::vector<absl::string_view> parts = absl::StrSplit(version, '.');
  int major = 0;
  int minor = 0;
  if (parts.size() < 2 || !absl::SimpleAtoi(parts[0], &major) || !absl::SimpleAtoi(parts[1], &minor))
    return false;
  return major > 7 || (major == 7 && minor >= 2);
}

}  // namespace

ServerFacts ReadFacts(absl::string_view info, const Reply& config) {
  ServerFacts facts;
  facts.version = FieldOf(info, "redis_version");
  facts.role = FieldOf(info, "role");
  facts.eviction_policy = FieldOf(info, "maxmemory_policy");
  facts.append_only = FieldOf(info, "aof_enabled") == "1";
  if (!absl::SimpleAtoi(FieldOf(info, "connected_slaves"), &facts.replicas)) facts.replicas = 0;
  if (config.elements.size() == 2) facts.append_sync = config.elements[1].text;
  return facts;
}

absl::Status CheckFit(const ServerFacts& facts) {
  if (facts.role != "master")
    return absl::FailedPreconditionError("is a replica, which cannot be written to");
  if (facts.eviction_policy != "noeviction") {
    return absl::FailedPreconditionError(
        absl::StrCat("has maxmemory-policy ", facts.eviction_policy,
                     ": under memory pressure it would drop used codes and locks; set it to noeviction"));
  }
  return absl::OkStatus();
}

std::vector<std::string> WarningsFor(const ServerFacts& facts, Purpose purpose, int min_replicas) {
  std::vector<std::string> warnings;
  // Limiter buckets are full again within minutes anyway, and the durable budget stands behind
  // them.
  if (purpose == Purpose::kLimiter) return warnings;
  if (!facts.append_only) {
    warnings.emplace_back(
        "has no append-only file: a crash loses everything since its last snapshot, and used codes count "
        "again");
  } else if (facts.append_sync.empty()) {
    warnings.emplace_back(
        "does not show us appendfsync; unless it is always, a crash can lose acknowledged writes");
  } else if (facts.append_sync != "always") {
    warnings.push_back(absl::StrCat("has appendfsync ", facts.append_sync,
                                    ": a crash can lose the acknowledged writes of the last seconds"));
  }
  if (facts.replicas == 0) {
    warnings.emplace_back("has no replica: when its disk is lost, everything is");
  } else if (min_replicas == 0) {
    warnings.emplace_back(
        "has replicas, but min_replicas is 0: a failover can lose acknowledged writes, and used codes count "
        "again");
  } else if (min_replicas < facts.replicas) {
    warnings.push_back(
        absl::StrCat("has ", facts.replicas, " replicas and min_replicas is ", min_replicas,
                     ": the crash of the master loses nothing, but a network partition or a "
                     "failover without a pause of writes can promote a replica that is behind"));
  }
  // There WAIT counts from the connection's own last write, not from what it has read.
  if (min_replicas > 0 && IsAtLeast72(facts.version)) {
    warnings.push_back(absl::StrCat("is version ", facts.version,
                                    ": from 7.2 on reads do not wait for replicas, only writes do"));
  }
  return warnings;
}

absl::Status CheckClock(const Reply& time, absl::Time asked, absl::Time answered) {
  int64_t seconds = 0;
  if (time.type != Reply::Type::kArray || time.elements.size() != 2 ||
      !absl::SimpleAtoi(time.elements[0].text, &seconds)) {
    return absl::UnavailableError("answers TIME with something else");
  }
  const absl::Time there = absl::FromUnixSeconds(seconds);
  // It counts whole seconds.
  if (there + absl::Seconds(1) + kClockTolerance >= asked && there <= answered + kClockTolerance) {
    return absl::OkStatus();
  }
  const int64_t ahead = absl::ToInt64Seconds(there - answered);
  return absl::UnavailableError(absl::StrCat("has a clock that is ", ahead < 0 ? -ahead : ahead, " s ",
                                             ahead < 0 ? "behind" : "ahead of", " this server's"));
}

}  // namespace twofold::redis
