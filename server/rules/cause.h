#ifndef TWOFOLD_SERVER_RULES_CAUSE_H_
#define TWOFOLD_SERVER_RULES_CAUSE_H_

#include "absl/strings/string_view.h"

namespace twofold {

// Why a call was answered as it was, more exactly than its caller is told. For the audit log.
enum class Cause {
  kNone,
  // The presented code matches nothing.
  kWrong,
  // The presented code is older than the last accepted one.
  kOutdated,
  // The presented code was accepted before.
  kReplayed,
  // The presented value answers no challenge that could be answered now.
  kNoChallenge,
  // A security key signed with a counter that went back.
  kCloneSuspected,
  // The grant is unknown, has ended, or belongs to another caller.
  kNoGrant,
  // A method could not be checked, because its secret does not open.
  kMethodUnreadable,
  kLocked,
  kPermanentLock,
  // This server's clock is behind codes that were accepted.
  kClockBehind,
  // The call repeats another one with the same request id.
  kRepeated,
  // Other calls changed the subject each time.
  kConflict,
  // Too many calls about the subject waited.
  kQueue,
};

// As audit events name it. "" for kNone. The text lives as long as the process.
constexpr absl::string_view CauseName(Cause cause) {
  switch (cause) {
    case Cause::kNone:
      return "";
    case Cause::kWrong:
      return "wrong";
    case Cause::kOutdated:
      return "outdated";
    case Cause::kReplayed:
      return "replayed";
    case Cause::kNoChallenge:
      return "no_challenge";
    case Cause::kCloneSuspected:
      return "clone_suspected";
    case Cause::kNoGrant:
      return "no_grant";
    case Cause::kMethodUnreadable:
      return "method_unreadable";
    case Cause::kLocked:
      return "locked";
    case Cause::kPermanentLock:
      return "permanent_lock";
    case Cause::kClockBehind:
      return "clock_behind";
    case Cause::kRepeated:
      return "repeated";
    case Cause::kConflict:
      return "conflict";
    case Cause::kQueue:
      return "queue";
  }
  return "";
}

}  // namespace twofold

#endif  // TWOFOLD_SERVER_RULES_CAUSE_H_
