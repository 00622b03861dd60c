# Copyright (c) 2026, the kafkaops.kraft authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One password, encrypted by the PasswordEncoder of Kafka 3.9.2 in four ways, with 1024 iterations."""

from __future__ import annotations

SECRET, PASSWORD = "encoder-sécret", "hunter2-😀é"

CBC = (
    "initializationVector:l8Bz+bSx4gRtn20uE1RcXQ==,keyLength:128,salt:BTAdF0OqIJZY3pcZKYERjpmHtO6q+yQnbQ7"
    "YxFwSkuxzsVcXL//mUj2q7yltVeSaTNZz+Q8Q7sefWzF19n1v5YnpPJYdgyknyhvIwUSZ3fH+yz7ZYsTsPnAI1G2aiyIak9Be+Ux"
    "qb/22+nwZSM31GEgX9AaLQkhFDL1I82TuhM7KegjEYP3yWVFglDu2ye4oTTqMmeL2dOO96GmUpCydU68/XxcPIi9oveRA6uoHk1V"
    "j+gm6H5PY19TiYeZNYbEPrw8iUv5EU6Ph2SkxJ9PKg6Fq5X6Dy48McX5EeKw8goHLtgre2fFsEChLAfA6PRu5pANWvSmSbWi44b8"
    "SldYizg==,keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:AES/CBC/PKCS5Padding,iterations:1"
    "024,passwordLength:11,encryptedPassword:9LgeNzHBA9h+Xc0HTGfovQ=="
)
GCM = (
    "initializationVector:SVgIC41HIadqDIDe,keyLength:256,salt:hAhrFMJCAclzWB5ju9EQKvuN2prpztQR8lx+LpTq9Ai"
    "3LZwzXgEYMQhJ8s9FWLek3Xf6F0r3WL1rg3rWlZ42suLOY86B13QyCL2KWlfxgi/ULcfPgbJDKUEKHeiUPdfskoAF0yE//scCGaf"
    "bBjOLON8KJnW5oLpvRNdyNi41wlzwRMPfKlpUYn8NDymFbsYYN/vfitziR7rs/Rit65t87xCIRVLvhrYED/cVK54qw5x4UeEajRY"
    "i7hUafR3GysjGT0TjFKa/x6vXuh6SvNe2n7meg4D7y11YVhYfeU+rjDaRFW1QiftazjkDRDG0V5kR4foJCP547z9Pl/xNiJHCSA="
    "=,keyFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:AES/GCM/NoPadding,authenticationTagLength"
    ":128,iterations:1024,passwordLength:11,encryptedPassword:e8G+FfVMQttO2W3CniFUchWTaBQVtnldapxXeca7"
)
SHA1 = (
    "initializationVector:bkkSXoLqBky8KRBwbPBwsQ==,keyLength:256,salt:ng9hYQBJ8/IgTym/D/ESRJV/Q/2itkpm+il"
    "Mo8RlqWXWtRVRyCk6l7+/UYt5cjS0nPqRu6s1MHyNG9NzMk4F6YRb9jUZ6/f9qrCiOS0FTU6yjGiQJv+Sx8vNF4cDC2423Hv4wpl"
    "kyp8kyhpJiie3K8oKr8xANRR2pr5U9g5ut/ukONgZnZAy2FUx9y83Tvn+OTgrz8QFiRHfRvq25VU+ztcZwIwOMD6Le+LoXLJmN+u"
    "pZQ1g8/oVhHfqF+CxZtcu1ISTen3oxQKMhEejFGhNZGiYI9Yzh2MYlMoRdiEoyXtG7iDaR42mxDSMTfDQ7WbG+3jNqe02zE7Xp9E"
    "LD/ucyw==,keyFactoryAlgorithm:PBKDF2WithHmacSHA1,cipherAlgorithm:AES/CBC/PKCS5Padding,iterations:102"
    "4,passwordLength:11,encryptedPassword:t0w5t0y4+sRd6y2o1J21vA=="
)
DES = (
    "initializationVector:D7lkYOvEtII=,keyLength:192,salt:X5mJoxreEq/bAQpdzY4DR8xZLev7Y1QohTT/5HaEjwVNPXg"
    "q/bteENBdGoZvKc1cmBsWPHwS2NZN0BfElw5eTVoKE00OLUzSutbmUCd/M5bl6buKufGJGB/5krr9ORvKahDJRhhm6DCexB2SwdG"
    "R/h930b+IvnoYahk+0/pC3/Zrp+XMzVKMaXG2oRtbhoOw99dIv0feje16ACCBR16+HCl0CFz0kdWjOhuRoWhcIV9t+0Gu2RU0Z7g"
    "+Zni2zyLi3pgYaB08gDD/DjA9p80Cl5y+2INADqyX9BbPZ9kChjTNstT5BN2WpRi6dFwN4yFqdlY9cwVnKEUIKlKTfSdvTg==,ke"
    "yFactoryAlgorithm:PBKDF2WithHmacSHA512,cipherAlgorithm:DESede/CBC/PKCS5Padding,iterations:1024,passw"
    "ordLength:11,encryptedPassword:19evnlDINumdq89crx85Lw=="
)
