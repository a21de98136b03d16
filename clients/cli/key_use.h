#ifndef TWOFOLD_CLIENTS_CLI_KEY_USE_H_
#define TWOFOLD_CLIENTS_CLI_KEY_USE_H_

#include <cstdint>
#include <string>

#include "clients/cli/session.h"
#include "clients/cpp/result.h"
#include "twofold/v1/admin_service.pb.h"

namespace twofold {

// Calls RewrapSecrets, shows the progress under `label`, and returns the last response.
Result<v1::RewrapSecretsResponse> RunRewrap(Session& session, const v1::RewrapSecretsRequest& request,
                                            const std::string& label);

// The key that the server seals under. Null if the response does not tell.
const v1::KeyUse* FindPrimary(const v1::RewrapSecretsResponse& response);

// The number of secrets that a key sealed.
int64_t SecretCount(const v1::RewrapSecretsResponse& response, uint32_t key_id);

}  // namespace twofold

#endif  // TWOFOLD_CLIENTS_CLI_KEY_USE_H_
