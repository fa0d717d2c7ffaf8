/**
 * Certificates for servers on loopback, so that TLS is tested with real ones: an authority, and what it issues. The
 * few structures of X.509 that takes are written here as DER, because OpenSSL is no prerequisite of this repository.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIPv4 } from "node:net";

/** A certificate and its private key, both as PEM. */
export type IssuedCertificate = { readonly certificate: string; readonly key: string };

/** Whom a certificate is for. */
export type CertificateSubject = {
  readonly commonName: string;
  /** DNS names and IPv4 addresses at which it is valid. */
  readonly hosts?: readonly string[];
};

/** An authority that clients may be told to trust. */
export type CertificateAuthority = {
  /** PEM. */
  readonly certificate: string;
  issue(subject: CertificateSubject): IssuedCertificate;
};

const DAY_MS = 24 * 3_600_000;
const VALID_DAYS = 2;
const OID = {
  ecdsaWithSha256: "2a8648ce3d040302",
  commonName: "550403",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
} as const;

/** Makes an authority that signs its own certificate. */
export function makeCertificateAuthority(commonName: string): CertificateAuthority {
  const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const constraints = extension(OID.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))));
  const certificate = signed(
    { issuer: commonName, subject: commonName, publicKey: keys.publicKey, extensions: [constraints] },
    keys.privateKey,
  );
  return {
    certificate,
    issue({ commonName: subject, hosts = [] }) {
      const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
      const names = sequence(...hosts.map(generalName));
      const extensions = hosts.length === 0 ? [] : [extension(OID.subjectAltName, names)];
      return {
        certificate: signed({ issuer: commonName, subject, publicKey: own.publicKey, extensions }, keys.privateKey),
        key: own.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}

type Unsigned = { issuer: string; subject: string; publicKey: KeyObject; extensions: readonly Buffer[] };

function signed({ issuer, subject, publicKey, extensions }: Unsigned, signer: KeyObject): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const now = Date.now();
  const content = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    algorithm,
    name(issuer),
    sequence(utcTime(now - DAY_MS), utcTime(now + VALID_DAYS * DAY_MS)),
    name(subject),
    publicKey.export({ type: "spki", format: "der" }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const certificate = sequence(content, algorithm, bitString(sign("sha256", content, signer)));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function generalName(host: string): Buffer {
  return isIPv4(host) ? der(0x87, Buffer.from(host.split(".").map(Number))) : der(0x82, Buffer.from(host, "latin1"));
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid(OID.commonName), der(0x0c, Buffer.from(commonName)))));
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function integer(value: Buffer): Buffer {
  return der(0x02, value);
}

function bitString(value: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), value]));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]/g, "").slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const lengthBytes = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}
