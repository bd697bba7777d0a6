"""Countries, and the states of those in which Zuora checks them: ISO 3166, and other names that people use.

Zuora takes a name or a code, in any case, and gives back its own name. What is not here it is known to refuse.
"""

from collections.abc import Iterator, Mapping

_COUNTRIES = """
AF|AFG|Afghanistan; AX|ALA|Åland Islands|Aland Islands; AL|ALB|Albania; DZ|DZA|Algeria; AS|ASM|American Samoa
AD|AND|Andorra; AO|AGO|Angola; AI|AIA|Anguilla; AQ|ATA|Antarctica; AG|ATG|Antigua and Barbuda; AR|ARG|Argentina
AM|ARM|Armenia; AW|ABW|Aruba; AU|AUS|Australia; AT|AUT|Austria; AZ|AZE|Azerbaijan; BS|BHS|Bahamas|The Bahamas
BH|BHR|Bahrain; BD|BGD|Bangladesh; BB|BRB|Barbados; BY|BLR|Belarus; BE|BEL|Belgium; BZ|BLZ|Belize; BJ|BEN|Benin
BM|BMU|Bermuda; BT|BTN|Bhutan; BO|BOL|Bolivia, Plurinational State of|Bolivia
BQ|BES|Bonaire, Sint Eustatius and Saba|Bonaire, Saint Eustatius and Saba|Caribbean Netherlands
BA|BIH|Bosnia and Herzegovina; BW|BWA|Botswana; BV|BVT|Bouvet Island; BR|BRA|Brazil
IO|IOT|British Indian Ocean Territory; BN|BRN|Brunei Darussalam|Brunei; BG|BGR|Bulgaria; BF|BFA|Burkina Faso
BI|BDI|Burundi; CV|CPV|Cabo Verde|Cape Verde; KH|KHM|Cambodia; CM|CMR|Cameroon; CA|CAN|Canada; KY|CYM|Cayman Islands
CF|CAF|Central African Republic; TD|TCD|Chad; CL|CHL|Chile; CN|CHN|China; CX|CXR|Christmas Island
CC|CCK|Cocos (Keeling) Islands|Cocos Islands; CO|COL|Colombia; KM|COM|Comoros; CG|COG|Congo|Republic of the Congo
CD|COD|Congo, the Democratic Republic of the|Democratic Republic of the Congo|Congo, Democratic Republic of the
CK|COK|Cook Islands; CR|CRI|Costa Rica; CI|CIV|Côte d'Ivoire|Ivory Coast|Cote d'Ivoire; HR|HRV|Croatia; CU|CUB|Cuba
CW|CUW|Curaçao|Curacao; CY|CYP|Cyprus; CZ|CZE|Czechia|Czech Republic; DK|DNK|Denmark; DJ|DJI|Djibouti
DM|DMA|Dominica; DO|DOM|Dominican Republic; EC|ECU|Ecuador; EG|EGY|Egypt; SV|SLV|El Salvador
GQ|GNQ|Equatorial Guinea; ER|ERI|Eritrea; EE|EST|Estonia; SZ|SWZ|Eswatini|Swaziland; ET|ETH|Ethiopia
FK|FLK|Falkland Islands (Malvinas)|Falkland Islands; FO|FRO|Faroe Islands; FJ|FJI|Fiji; FI|FIN|Finland
FR|FRA|France; GF|GUF|French Guiana; PF|PYF|French Polynesia; TF|ATF|French Southern Territories; GA|GAB|Gabon
GM|GMB|Gambia|The Gambia; GE|GEO|Georgia; DE|DEU|Germany; GH|GHA|Ghana; GI|GIB|Gibraltar; GR|GRC|Greece
GL|GRL|Greenland; GD|GRD|Grenada; GP|GLP|Guadeloupe; GU|GUM|Guam; GT|GTM|Guatemala; GG|GGY|Guernsey; GN|GIN|Guinea
GW|GNB|Guinea-Bissau; GY|GUY|Guyana; HT|HTI|Haiti; HM|HMD|Heard Island and McDonald Islands
VA|VAT|Holy See (Vatican City State)|Vatican City|Holy See; HN|HND|Honduras; HK|HKG|Hong Kong|Hong Kong SAR China
HU|HUN|Hungary; IS|ISL|Iceland; IN|IND|India; ID|IDN|Indonesia; IR|IRN|Iran, Islamic Republic of|Iran; IQ|IRQ|Iraq
IE|IRL|Ireland; IM|IMN|Isle of Man; IL|ISR|Israel; IT|ITA|Italy; JM|JAM|Jamaica; JP|JPN|Japan; JE|JEY|Jersey
JO|JOR|Jordan; KZ|KAZ|Kazakhstan; KE|KEN|Kenya; KI|KIR|Kiribati
KP|PRK|Korea, Democratic People's Republic of|North Korea; KR|KOR|Korea, Republic of|South Korea|Korea
KW|KWT|Kuwait; KG|KGZ|Kyrgyzstan; LA|LAO|Lao People's Democratic Republic|Laos; LV|LVA|Latvia; LB|LBN|Lebanon
LS|LSO|Lesotho; LR|LBR|Liberia; LY|LBY|Libya|Libyan Arab Jamahiriya; LI|LIE|Liechtenstein; LT|LTU|Lithuania
LU|LUX|Luxembourg; MO|MAC|Macao|Macau; MG|MDG|Madagascar; MW|MWI|Malawi; MY|MYS|Malaysia; MV|MDV|Maldives
ML|MLI|Mali; MT|MLT|Malta; MH|MHL|Marshall Islands; MQ|MTQ|Martinique; MR|MRT|Mauritania; MU|MUS|Mauritius
YT|MYT|Mayotte; MX|MEX|Mexico; FM|FSM|Micronesia, Federated States of|Micronesia
MD|MDA|Moldova, Republic of|Moldova; MC|MCO|Monaco; MN|MNG|Mongolia; ME|MNE|Montenegro; MS|MSR|Montserrat
MA|MAR|Morocco; MZ|MOZ|Mozambique; MM|MMR|Myanmar|Burma; NA|NAM|Namibia; NR|NRU|Nauru; NP|NPL|Nepal
NL|NLD|Netherlands|The Netherlands; NC|NCL|New Caledonia; NZ|NZL|New Zealand; NI|NIC|Nicaragua; NE|NER|Niger
NG|NGA|Nigeria; NU|NIU|Niue; NF|NFK|Norfolk Island
MK|MKD|North Macedonia|Macedonia, the former Yugoslav Republic of|Macedonia; MP|MNP|Northern Mariana Islands
NO|NOR|Norway; OM|OMN|Oman; PK|PAK|Pakistan; PW|PLW|Palau; PS|PSE|Palestine, State of|Palestine; PA|PAN|Panama
PG|PNG|Papua New Guinea; PY|PRY|Paraguay; PE|PER|Peru; PH|PHL|Philippines; PN|PCN|Pitcairn; PL|POL|Poland
PT|PRT|Portugal; PR|PRI|Puerto Rico; QA|QAT|Qatar; RE|REU|Réunion|Reunion; RO|ROU|Romania
RU|RUS|Russian Federation|Russia; RW|RWA|Rwanda; BL|BLM|Saint Barthélemy|Saint Barthelemy
SH|SHN|Saint Helena, Ascension and Tristan da Cunha|Saint Helena; KN|KNA|Saint Kitts and Nevis; LC|LCA|Saint Lucia
MF|MAF|Saint Martin (French part)|Saint Martin; PM|SPM|Saint Pierre and Miquelon
VC|VCT|Saint Vincent and the Grenadines; WS|WSM|Samoa; SM|SMR|San Marino; ST|STP|Sao Tome and Principe
SA|SAU|Saudi Arabia; SN|SEN|Senegal; RS|SRB|Serbia; SC|SYC|Seychelles; SL|SLE|Sierra Leone; SG|SGP|Singapore
SX|SXM|Sint Maarten (Dutch part)|Sint Maarten; SK|SVK|Slovakia; SI|SVN|Slovenia; SB|SLB|Solomon Islands
SO|SOM|Somalia; ZA|ZAF|South Africa; GS|SGS|South Georgia and the South Sandwich Islands; SS|SSD|South Sudan
ES|ESP|Spain; LK|LKA|Sri Lanka; SD|SDN|Sudan; SR|SUR|Suriname; SJ|SJM|Svalbard and Jan Mayen; SE|SWE|Sweden
CH|CHE|Switzerland; SY|SYR|Syrian Arab Republic|Syria; TW|TWN|Taiwan|Taiwan, Province of China; TJ|TJK|Tajikistan
TZ|TZA|Tanzania, United Republic of|Tanzania; TH|THA|Thailand; TL|TLS|Timor-Leste|East Timor; TG|TGO|Togo
TK|TKL|Tokelau; TO|TON|Tonga; TT|TTO|Trinidad and Tobago; TN|TUN|Tunisia; TR|TUR|Türkiye|Turkey; TM|TKM|Turkmenistan
TC|TCA|Turks and Caicos Islands; TV|TUV|Tuvalu; UG|UGA|Uganda; UA|UKR|Ukraine; AE|ARE|United Arab Emirates
GB|GBR|United Kingdom|Great Britain|UK|United Kingdom of Great Britain and Northern Ireland
US|USA|United States|United States of America|U.S.A.|U.S.; UM|UMI|United States Minor Outlying Islands
UY|URY|Uruguay; UZ|UZB|Uzbekistan; VU|VUT|Vanuatu; VE|VEN|Venezuela, Bolivarian Republic of|Venezuela
VN|VNM|Viet Nam|Vietnam; VG|VGB|Virgin Islands, British|British Virgin Islands
VI|VIR|Virgin Islands, U.S.|US Virgin Islands|U.S. Virgin Islands; WF|WLF|Wallis and Futuna; EH|ESH|Western Sahara
YE|YEM|Yemen; ZM|ZMB|Zambia; ZW|ZWE|Zimbabwe; XK|XKX|Kosovo
"""  # alpha-2|alpha-3|name|other names

_US = """
AL|Alabama; AK|Alaska; AZ|Arizona; AR|Arkansas; CA|California; CO|Colorado; CT|Connecticut; DE|Delaware
DC|District of Columbia; FL|Florida; GA|Georgia; HI|Hawaii; ID|Idaho; IL|Illinois; IN|Indiana; IA|Iowa; KS|Kansas
KY|Kentucky; LA|Louisiana; ME|Maine; MD|Maryland; MA|Massachusetts; MI|Michigan; MN|Minnesota; MS|Mississippi
MO|Missouri; MT|Montana; NE|Nebraska; NV|Nevada; NH|New Hampshire; NJ|New Jersey; NM|New Mexico; NY|New York
NC|North Carolina; ND|North Dakota; OH|Ohio; OK|Oklahoma; OR|Oregon; PA|Pennsylvania; RI|Rhode Island
SC|South Carolina; SD|South Dakota; TN|Tennessee; TX|Texas; UT|Utah; VT|Vermont; VA|Virginia; WA|Washington
WV|West Virginia; WI|Wisconsin; WY|Wyoming; AS|American Samoa; GU|Guam; MP|Northern Mariana Islands; PR|Puerto Rico
VI|Virgin Islands; AA|Armed Forces Americas; AE|Armed Forces Europe; AP|Armed Forces Pacific
"""

_CA = """
AB|Alberta; BC|British Columbia; MB|Manitoba; NB|New Brunswick; NL|Newfoundland and Labrador
NT|Northwest Territories; NS|Nova Scotia; NU|Nunavut; ON|Ontario; PE|Prince Edward Island; QC|Quebec
SK|Saskatchewan; YT|Yukon
"""


def code_of(country: str) -> str | None:
    """The alpha-2 code of a country given by name or code; None for what is none."""
    return _CODES.get(_plain(country))


def has_states(country: str) -> bool:
    """Whether Zuora checks the state of addresses in this country."""
    return code_of(country) in _STATES


def is_state(country: str, state: str) -> bool:
    """Whether the country, which has states that are checked, has that one, by name or code."""
    return _plain(state) in _STATES[str(code_of(country))]


def same_country(one: str, other: str) -> bool:
    """Whether two texts name the same country, however they are spelled."""
    return _plain(one) == _plain(other) or (code_of(one) is not None and code_of(one) == code_of(other))


def same_state(country: str, one: str, other: str) -> bool:
    """Whether two texts name the same state of a country, however they are spelled."""
    states = _STATES.get(str(code_of(country)), {})
    return states.get(_plain(one), _plain(one)) == states.get(_plain(other), _plain(other))


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _rows(table: str) -> Iterator[list[str]]:
    return (row.strip().split("|") for line in table.strip().splitlines() for row in line.split(";"))


def _by_any_spelling(table: str) -> Mapping[str, str]:
    return {_plain(spelling): row[0] for row in _rows(table) for spelling in row}


_CODES = _by_any_spelling(_COUNTRIES)
_STATES = {"US": _by_any_spelling(_US), "CA": _by_any_spelling(_CA)}
