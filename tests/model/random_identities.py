"""Random identities of participants: kinds, and numbers with right check digits."""

KINDS = ["legal_entity", "sole_proprietor", "person", "foreign_entity"]
INN_WEIGHTS = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def random_identity(rng, kind):
    """A kind, and some of the numbers that go with it."""
    inn = random_inn(rng, 10 if kind in ("legal_entity", "foreign_entity") else 12)
    if kind in ("person", "foreign_entity"):
        return {"kind": kind, "inn": inn} if rng.random() < 0.5 else {"kind": kind}
    ogrn = random_ogrn(rng, 13 if kind == "legal_entity" else 15)
    return {"kind": kind, **rng.choice([{}, {"inn": inn}, {"ogrn": ogrn}, {"inn": inn, "ogrn": ogrn}])}


def random_inn(rng, length):
    digits = [rng.randint(0, 9) for _ in range(9 if length == 10 else 10)]
    while len(digits) < length:
        weights = INN_WEIGHTS[-len(digits) :]
        digits.append(sum(digit * weight for digit, weight in zip(digits, weights)) % 11 % 10)
    return "".join(map(str, digits))


def random_ogrn(rng, length):
    body = 10 ** (length - 2) + rng.randrange(10 ** (length - 2))
    return f"{body}{body % (length - 2) % 10}"
