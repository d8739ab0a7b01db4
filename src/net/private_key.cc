#include "net/openssl.h"
#include "net/pki.h"

namespace meshka::net {
namespace {

EVP_PKEY* asKey(void* key) {
  return static_cast<EVP_PKEY*>(key);
}
std::shared_ptr<void> own(EVP_PKEY* key) {
  return {key, [](void* p) { EVP_PKEY_free(asKey(p)); }};
}

}  // namespace

Result<PrivateKey> PrivateKey::generateP256() {
  ERR_clear_error();
  EVP_PKEY* key = EVP_EC_gen("P-256");
  if (key == nullptr) return fail(Code::kInternal, cat("key generation: ", opensslError()));
  return PrivateKey(own(key));
}

Result<PrivateKey> PrivateKey::generateRsa(int bits) {
  ERR_clear_error();
  if (bits < 2048 || bits > 8192) return fail(Code::kInvalid, "RSA keys have 2048 to 8192 bits");
  EVP_PKEY* key = EVP_RSA_gen(static_cast<unsigned>(bits));
  if (key == nullptr) return fail(Code::kInternal, cat("key generation: ", opensslError()));
  return PrivateKey(own(key));
}

Result<PrivateKey> PrivateKey::parsePem(std::string_view pem) {
  ERR_clear_error();
  const BioPtr bio = memoryBio(pem);
  // Without this callback OpenSSL would ask for a pass phrase on the terminal.
  EVP_PKEY* key = PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr);
  if (key == nullptr) return fail(Code::kInvalid, cat("malformed private key: ", opensslError()));
  PrivateKey out(own(key));
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA) return out;
  char group[32] = "";
  EVP_PKEY_get_group_name(key, group, sizeof group, nullptr);
  if (type != EVP_PKEY_EC || std::string_view(group) != "prime256v1") {
    return fail(Code::kInvalid, "private key is neither P-256 nor RSA");
  }
  return out;
}

std::string PrivateKey::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), asKey(key_.get()), nullptr, nullptr, 0, nullptr,
                                nullptr);
  return bioText(bio.get());
}

std::string PrivateKey::publicKeyDer() const {
  unsigned char* out = nullptr;
  const int n = i2d_PUBKEY(asKey(key_.get()), &out);
  std::string der;
  if (n > 0) der.assign(reinterpret_cast<char*>(out), static_cast<size_t>(n));
  OPENSSL_free(out);
  return der;
}

std::string PrivateKey::publicKeyPem() const {
  return pemEncode("PUBLIC KEY", publicKeyDer());
}

bool PrivateKey::isEc() const {
  return EVP_PKEY_get_base_id(asKey(key_.get())) == EVP_PKEY_EC;
}

}  // namespace meshka::net
