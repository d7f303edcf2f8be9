-- where things "id"==null
SELECT count(*) FROM "things" WHERE "id" IS NULL;
-- where things "id"=="a"
SELECT count(*) FROM "things" WHERE "id" = $1::text;
--   1: string "a"
-- where things "id"<"a"
SELECT count(*) FROM "things" WHERE "id" < $1::text;
--   1: string "a"
-- where things "id"<="a"
SELECT count(*) FROM "things" WHERE "id" <= $1::text;
--   1: string "a"
-- where things "id">"a"
SELECT count(*) FROM "things" WHERE "id" > $1::text;
--   1: string "a"
-- where things "id">="a"
SELECT count(*) FROM "things" WHERE "id" >= $1::text;
--   1: string "a"
-- where things "id" in["a",null]
SELECT count(*) FROM "things" WHERE ("id" IS NULL OR "id" = ANY($1::text[]));
--   1: []string ["a"]
-- where things "id" in["a"]
SELECT count(*) FROM "things" WHERE "id" = ANY($1::text[]);
--   1: []string ["a" "a" "a"]
-- where things "id" contains ""
SELECT count(*) FROM "things" WHERE ("id" IS NOT NULL);
-- where things "id" startsWith ""
SELECT count(*) FROM "things" WHERE ("id" IS NOT NULL);
-- where things "id" endsWith ""
SELECT count(*) FROM "things" WHERE ("id" IS NOT NULL);
-- where things "id" contains "ab"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "ab"
-- where things "id" startsWith "ab"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "id" endsWith "ab"
SELECT count(*) FROM "things" WHERE (right("id", 2) = $1::text);
--   1: string "ab"
-- where things "id" contains "%_"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "%_"
-- where things "id" startsWith "%_"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "id" endsWith "%_"
SELECT count(*) FROM "things" WHERE (right("id", 2) = $1::text);
--   1: string "%_"
-- where things "id" contains "é"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "é"
-- where things "id" startsWith "é"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "id" endsWith "é"
SELECT count(*) FROM "things" WHERE (right("id", 1) = $1::text);
--   1: string "é"
-- where things "id" contains "ÿ"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "ÿ"
-- where things "id" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "id" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (right("id", 1) = $1::text);
--   1: string "ÿ"
-- where things "id" contains "퟿"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "id" startsWith "퟿"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "id" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (right("id", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "id" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "id" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text AND "id" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "id" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (right("id", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "id" contains "􏿿"
SELECT count(*) FROM "things" WHERE (strpos("id", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "id" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE ("id" >= $1::text);
--   1: string "\U0010ffff"
-- where things "id" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (right("id", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "id" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("id" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "id" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("id" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("id")==2
SELECT count(*) FROM "things" WHERE char_length("id") = $1::int8;
--   1: int64 2
-- where things len("id")<2
SELECT count(*) FROM "things" WHERE char_length("id") < $1::int8;
--   1: int64 2
-- where things len("id")<=2
SELECT count(*) FROM "things" WHERE char_length("id") <= $1::int8;
--   1: int64 2
-- where things len("id")>2
SELECT count(*) FROM "things" WHERE char_length("id") > $1::int8;
--   1: int64 2
-- where things len("id")>=2
SELECT count(*) FROM "things" WHERE char_length("id") >= $1::int8;
--   1: int64 2
-- where things "s"==null
SELECT count(*) FROM "things" WHERE "s" IS NULL;
-- where things "s"=="a"
SELECT count(*) FROM "things" WHERE "s" = $1::text;
--   1: string "a"
-- where things "s"<"a"
SELECT count(*) FROM "things" WHERE "s" < $1::text;
--   1: string "a"
-- where things "s"<="a"
SELECT count(*) FROM "things" WHERE "s" <= $1::text;
--   1: string "a"
-- where things "s">"a"
SELECT count(*) FROM "things" WHERE "s" > $1::text;
--   1: string "a"
-- where things "s">="a"
SELECT count(*) FROM "things" WHERE "s" >= $1::text;
--   1: string "a"
-- where things "s"==""
SELECT count(*) FROM "things" WHERE "s" = $1::text;
--   1: string ""
-- where things "s"<""
SELECT count(*) FROM "things" WHERE "s" < $1::text;
--   1: string ""
-- where things "s"<=""
SELECT count(*) FROM "things" WHERE "s" <= $1::text;
--   1: string ""
-- where things "s">""
SELECT count(*) FROM "things" WHERE "s" > $1::text;
--   1: string ""
-- where things "s">=""
SELECT count(*) FROM "things" WHERE "s" >= $1::text;
--   1: string ""
-- where things "s" in["","a"]
SELECT count(*) FROM "things" WHERE "s" = ANY($1::text[]);
--   1: []string ["a" ""]
-- where things "s" in["a",null]
SELECT count(*) FROM "things" WHERE ("s" IS NULL OR "s" = ANY($1::text[]));
--   1: []string ["a"]
-- where things "s" in["a"]
SELECT count(*) FROM "things" WHERE "s" = ANY($1::text[]);
--   1: []string ["a" "a" "a"]
-- where things "s" contains ""
SELECT count(*) FROM "things" WHERE ("s" IS NOT NULL);
-- where things "s" startsWith ""
SELECT count(*) FROM "things" WHERE ("s" IS NOT NULL);
-- where things "s" endsWith ""
SELECT count(*) FROM "things" WHERE ("s" IS NOT NULL);
-- where things "s" contains "ab"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "ab"
-- where things "s" startsWith "ab"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "s" endsWith "ab"
SELECT count(*) FROM "things" WHERE (right("s", 2) = $1::text);
--   1: string "ab"
-- where things "s" contains "%_"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "%_"
-- where things "s" startsWith "%_"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "s" endsWith "%_"
SELECT count(*) FROM "things" WHERE (right("s", 2) = $1::text);
--   1: string "%_"
-- where things "s" contains "é"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "é"
-- where things "s" startsWith "é"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "s" endsWith "é"
SELECT count(*) FROM "things" WHERE (right("s", 1) = $1::text);
--   1: string "é"
-- where things "s" contains "ÿ"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "ÿ"
-- where things "s" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "s" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (right("s", 1) = $1::text);
--   1: string "ÿ"
-- where things "s" contains "퟿"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "s" startsWith "퟿"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "s" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (right("s", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "s" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "s" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text AND "s" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "s" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (right("s", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "s" contains "􏿿"
SELECT count(*) FROM "things" WHERE (strpos("s", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "s" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE ("s" >= $1::text);
--   1: string "\U0010ffff"
-- where things "s" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (right("s", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "s" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("s" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "s" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("s" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("s")==2
SELECT count(*) FROM "things" WHERE char_length("s") = $1::int8;
--   1: int64 2
-- where things len("s")<2
SELECT count(*) FROM "things" WHERE char_length("s") < $1::int8;
--   1: int64 2
-- where things len("s")<=2
SELECT count(*) FROM "things" WHERE char_length("s") <= $1::int8;
--   1: int64 2
-- where things len("s")>2
SELECT count(*) FROM "things" WHERE char_length("s") > $1::int8;
--   1: int64 2
-- where things len("s")>=2
SELECT count(*) FROM "things" WHERE char_length("s") >= $1::int8;
--   1: int64 2
-- where things "s2"==null
SELECT count(*) FROM "things" WHERE "s2" IS NULL;
-- where things "s2" contains ""
SELECT count(*) FROM "things" WHERE ("s2" IS NOT NULL);
-- where things "s2" startsWith ""
SELECT count(*) FROM "things" WHERE ("s2" IS NOT NULL);
-- where things "s2" endsWith ""
SELECT count(*) FROM "things" WHERE ("s2" IS NOT NULL);
-- where things "s2" contains "ab"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "ab"
-- where things "s2" startsWith "ab"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "s2" endsWith "ab"
SELECT count(*) FROM "things" WHERE (right("s2", 2) = $1::text);
--   1: string "ab"
-- where things "s2" contains "%_"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "%_"
-- where things "s2" startsWith "%_"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "s2" endsWith "%_"
SELECT count(*) FROM "things" WHERE (right("s2", 2) = $1::text);
--   1: string "%_"
-- where things "s2" contains "é"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "é"
-- where things "s2" startsWith "é"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "s2" endsWith "é"
SELECT count(*) FROM "things" WHERE (right("s2", 1) = $1::text);
--   1: string "é"
-- where things "s2" contains "ÿ"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "ÿ"
-- where things "s2" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "s2" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (right("s2", 1) = $1::text);
--   1: string "ÿ"
-- where things "s2" contains "퟿"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "s2" startsWith "퟿"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "s2" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (right("s2", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "s2" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "s2" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text AND "s2" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "s2" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (right("s2", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "s2" contains "􏿿"
SELECT count(*) FROM "things" WHERE (strpos("s2", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "s2" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE ("s2" >= $1::text);
--   1: string "\U0010ffff"
-- where things "s2" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (right("s2", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "s2" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("s2" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "s2" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("s2" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("s2")==2
SELECT count(*) FROM "things" WHERE char_length("s2") = $1::int8;
--   1: int64 2
-- where things len("s2")<2
SELECT count(*) FROM "things" WHERE char_length("s2") < $1::int8;
--   1: int64 2
-- where things len("s2")<=2
SELECT count(*) FROM "things" WHERE char_length("s2") <= $1::int8;
--   1: int64 2
-- where things len("s2")>2
SELECT count(*) FROM "things" WHERE char_length("s2") > $1::int8;
--   1: int64 2
-- where things len("s2")>=2
SELECT count(*) FROM "things" WHERE char_length("s2") >= $1::int8;
--   1: int64 2
-- where things "n"==null
SELECT count(*) FROM "things" WHERE "n" IS NULL;
-- where things "n"==3
SELECT count(*) FROM "things" WHERE "n" = $1::int8;
--   1: int64 3
-- where things "n"<3
SELECT count(*) FROM "things" WHERE "n" < $1::int8;
--   1: int64 3
-- where things "n"<=3
SELECT count(*) FROM "things" WHERE "n" <= $1::int8;
--   1: int64 3
-- where things "n">3
SELECT count(*) FROM "things" WHERE "n" > $1::int8;
--   1: int64 3
-- where things "n">=3
SELECT count(*) FROM "things" WHERE "n" >= $1::int8;
--   1: int64 3
-- where things "n"==2.5
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<2.5
SELECT count(*) FROM "things" WHERE "n" <= $1::int8;
--   1: int64 2
-- where things "n"<=2.5
SELECT count(*) FROM "things" WHERE "n" <= $1::int8;
--   1: int64 2
-- where things "n">2.5
SELECT count(*) FROM "things" WHERE "n" > $1::int8;
--   1: int64 2
-- where things "n">=2.5
SELECT count(*) FROM "things" WHERE "n" > $1::int8;
--   1: int64 2
-- where things "n"==3 again 2
SELECT count(*) FROM "things" WHERE "n" = $1::int8;
--   1: int64 3
-- where things "n"<3 again 2
SELECT count(*) FROM "things" WHERE "n" < $1::int8;
--   1: int64 3
-- where things "n"<=3 again 2
SELECT count(*) FROM "things" WHERE "n" <= $1::int8;
--   1: int64 3
-- where things "n">3 again 2
SELECT count(*) FROM "things" WHERE "n" > $1::int8;
--   1: int64 3
-- where things "n">=3 again 2
SELECT count(*) FROM "things" WHERE "n" >= $1::int8;
--   1: int64 3
-- where things "n"==1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<1e+300
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n"<=1e+300
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n">1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n">=1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n"==-1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<-1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<=-1e+300
SELECT count(*) FROM "things" WHERE false;
-- where things "n">-1e+300
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n">=-1e+300
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n"=="NaN"
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<"NaN"
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n"<="NaN"
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n">"NaN"
SELECT count(*) FROM "things" WHERE false;
-- where things "n">="NaN"
SELECT count(*) FROM "things" WHERE false;
-- where things "n"=="-Infinity"
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<"-Infinity"
SELECT count(*) FROM "things" WHERE false;
-- where things "n"<="-Infinity"
SELECT count(*) FROM "things" WHERE false;
-- where things "n">"-Infinity"
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n">="-Infinity"
SELECT count(*) FROM "things" WHERE "n" IS NOT NULL;
-- where things "n" in[2.5,3]
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false);
--   1: int64 3
-- where things "n" in[2.5,3] again 2
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false OR "n" = $2::int8);
--   1: int64 3
--   2: int64 3
-- where things "n" in[1e+300,2.5,3]
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false OR "n" = $2::int8 OR false);
--   1: int64 3
--   2: int64 3
-- where things "n" in[-1e+300,1e+300,2.5,3]
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false OR "n" = $2::int8 OR false OR false);
--   1: int64 3
--   2: int64 3
-- where things "n" in["NaN",-1e+300,1e+300,2.5,3]
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false OR "n" = $2::int8 OR false OR false OR false);
--   1: int64 3
--   2: int64 3
-- where things "n" in["-Infinity","NaN",-1e+300,1e+300,2.5,3]
SELECT count(*) FROM "things" WHERE ("n" = $1::int8 OR false OR "n" = $2::int8 OR false OR false OR false OR false);
--   1: int64 3
--   2: int64 3
-- where things "n" in[3,null]
SELECT count(*) FROM "things" WHERE ("n" IS NULL OR "n" = ANY($1::int8[]));
--   1: []int64 [3]
-- where things "n" in[3]
SELECT count(*) FROM "things" WHERE "n" = ANY($1::int8[]);
--   1: []int64 [3 3 3]
-- where things "n2"==null
SELECT count(*) FROM "things" WHERE "n2" IS NULL;
-- where things "f"==null
SELECT count(*) FROM "things" WHERE "f" IS NULL;
-- where things "f"==0.5
SELECT count(*) FROM "things" WHERE "f" = $1::float8;
--   1: float64 0.5
-- where things "f"<0.5
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 0.5
-- where things "f"<=0.5
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 0.5
-- where things "f">0.5
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 0.5
-- where things "f">=0.5
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 0.5
-- where things "f"==7
SELECT count(*) FROM "things" WHERE "f" = $1::float8;
--   1: float64 7
-- where things "f"<7
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 7
-- where things "f"<=7
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 7
-- where things "f">7
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 7
-- where things "f">=7
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 7
-- where things "f"==9007199254740993
SELECT count(*) FROM "things" WHERE false;
-- where things "f"<9007199254740993
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 9.007199254740992e+15
-- where things "f"<=9007199254740993
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 9.007199254740992e+15
-- where things "f">9007199254740993
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 9.007199254740992e+15
-- where things "f">=9007199254740993
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 9.007199254740992e+15
-- where things "f"==9007199254740995
SELECT count(*) FROM "things" WHERE false;
-- where things "f"<9007199254740995
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 9.007199254740996e+15
-- where things "f"<=9007199254740995
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 9.007199254740996e+15
-- where things "f">9007199254740995
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 9.007199254740996e+15
-- where things "f">=9007199254740995
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 9.007199254740996e+15
-- where things "f"==9223372036854775807
SELECT count(*) FROM "things" WHERE false;
-- where things "f"<9223372036854775807
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 9.223372036854776e+18
-- where things "f"<=9223372036854775807
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 9.223372036854776e+18
-- where things "f">9223372036854775807
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 9.223372036854776e+18
-- where things "f">=9223372036854775807
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 9.223372036854776e+18
-- where things "f"=="NaN"
SELECT count(*) FROM "things" WHERE "f" = $1::float8;
--   1: float64 NaN
-- where things "f"<"NaN"
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 NaN
-- where things "f"<="NaN"
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 NaN
-- where things "f">"NaN"
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 NaN
-- where things "f">="NaN"
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 NaN
-- where things "f"=="Infinity"
SELECT count(*) FROM "things" WHERE "f" = $1::float8;
--   1: float64 +Inf
-- where things "f"<"Infinity"
SELECT count(*) FROM "things" WHERE "f" < $1::float8;
--   1: float64 +Inf
-- where things "f"<="Infinity"
SELECT count(*) FROM "things" WHERE "f" <= $1::float8;
--   1: float64 +Inf
-- where things "f">"Infinity"
SELECT count(*) FROM "things" WHERE "f" > $1::float8;
--   1: float64 +Inf
-- where things "f">="Infinity"
SELECT count(*) FROM "things" WHERE "f" >= $1::float8;
--   1: float64 +Inf
-- where things "f" in[0.5,7]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8 OR false);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993,9007199254740995]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8 OR false OR false);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in[0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8 OR false OR false OR false);
--   1: float64 0.5
--   2: float64 7
-- where things "f" in["NaN",0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8 OR false OR false OR false OR "f" = $3::float8);
--   1: float64 0.5
--   2: float64 7
--   3: float64 NaN
-- where things "f" in["Infinity","NaN",0.5,7,9007199254740993,9007199254740995,9223372036854775807]
SELECT count(*) FROM "things" WHERE ("f" = $1::float8 OR "f" = $2::float8 OR false OR false OR false OR "f" = $3::float8 OR "f" = $4::float8);
--   1: float64 0.5
--   2: float64 7
--   3: float64 NaN
--   4: float64 +Inf
-- where things "f" in[0.5,null]
SELECT count(*) FROM "things" WHERE ("f" IS NULL OR "f" = ANY($1::float8[]));
--   1: []float64 [0.5]
-- where things "f" in[0.5]
SELECT count(*) FROM "things" WHERE "f" = ANY($1::float8[]);
--   1: []float64 [0.5 0.5 0.5]
-- where things "f2"==null
SELECT count(*) FROM "things" WHERE "f2" IS NULL;
-- where things "b"==null
SELECT count(*) FROM "things" WHERE "b" IS NULL;
-- where things "b"==true
SELECT count(*) FROM "things" WHERE "b" = true;
-- where things "b"<true
SELECT count(*) FROM "things" WHERE "b" < $1::boolean;
--   1: bool true
-- where things "b"<=true
SELECT count(*) FROM "things" WHERE "b" <= $1::boolean;
--   1: bool true
-- where things "b">true
SELECT count(*) FROM "things" WHERE "b" > $1::boolean;
--   1: bool true
-- where things "b">=true
SELECT count(*) FROM "things" WHERE "b" >= $1::boolean;
--   1: bool true
-- where things "b"==false
SELECT count(*) FROM "things" WHERE "b" = false;
-- where things "b"<false
SELECT count(*) FROM "things" WHERE "b" < $1::boolean;
--   1: bool false
-- where things "b"<=false
SELECT count(*) FROM "things" WHERE "b" <= $1::boolean;
--   1: bool false
-- where things "b">false
SELECT count(*) FROM "things" WHERE "b" > $1::boolean;
--   1: bool false
-- where things "b">=false
SELECT count(*) FROM "things" WHERE "b" >= $1::boolean;
--   1: bool false
-- where things "b" in[false,true]
SELECT count(*) FROM "things" WHERE "b" = ANY($1::boolean[]);
--   1: []bool [true false]
-- where things "b" in[null,true]
SELECT count(*) FROM "things" WHERE ("b" IS NULL OR "b" = ANY($1::boolean[]));
--   1: []bool [true]
-- where things "b" in[true]
SELECT count(*) FROM "things" WHERE "b" = ANY($1::boolean[]);
--   1: []bool [true true true]
-- where things "t"==null
SELECT count(*) FROM "things" WHERE "t" IS NULL;
-- where things "t"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "things" WHERE "t" = $1::timestamptz;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where things "t"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "things" WHERE "t" < $1::timestamptz;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where things "t"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "things" WHERE "t" <= $1::timestamptz;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where things "t">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "things" WHERE "t" > $1::timestamptz;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where things "t">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "things" WHERE "t" >= $1::timestamptz;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where things "t"==t"infinity"
SELECT count(*) FROM "things" WHERE "t" = $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t"<t"infinity"
SELECT count(*) FROM "things" WHERE "t" < $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t"<=t"infinity"
SELECT count(*) FROM "things" WHERE "t" <= $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t">t"infinity"
SELECT count(*) FROM "things" WHERE "t" > $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t">=t"infinity"
SELECT count(*) FROM "things" WHERE "t" >= $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t"==t"-infinity"
SELECT count(*) FROM "things" WHERE "t" = $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
-- where things "t"<t"-infinity"
SELECT count(*) FROM "things" WHERE "t" < $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
-- where things "t"<=t"-infinity"
SELECT count(*) FROM "things" WHERE "t" <= $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
-- where things "t">t"-infinity"
SELECT count(*) FROM "things" WHERE "t" > $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
-- where things "t">=t"-infinity"
SELECT count(*) FROM "things" WHERE "t" >= $1::timestamptz;
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
-- where things "t"==t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "things" WHERE ("t" >= ($1::timestamptz) AND "t" < ($2::timestamptz));
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   2: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t"<t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "things" WHERE "t" < ($1::timestamptz);
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
-- where things "t"<=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "things" WHERE "t" < ($1::timestamptz);
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t">t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "things" WHERE "t" = ($1::timestamptz);
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t">=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "things" WHERE "t" >= ($1::timestamptz);
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
-- where things "t"==t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM "things" WHERE "t" = $1::timestamptz;
--   1: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t"<t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM "things" WHERE "t" < $1::timestamptz;
--   1: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t"<=t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM "things" WHERE "t" <= $1::timestamptz;
--   1: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t">t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM "things" WHERE "t" > $1::timestamptz;
--   1: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t">=t"-290308-12-21T19:59:05.224193Z"
SELECT count(*) FROM "things" WHERE "t" >= $1::timestamptz;
--   1: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t" in[t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM "things" WHERE "t" = ANY($1::timestamptz[]);
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true} {0001-01-01 00:00:00 +0000 UTC infinity true}]
-- where things "t" in[t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM "things" WHERE "t" = ANY($1::timestamptz[]);
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true} {0001-01-01 00:00:00 +0000 UTC infinity true} {0001-01-01 00:00:00 +0000 UTC -infinity true}]
-- where things "t" in[t"+294247-01-10T04:00:54.775806Z",t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM "things" WHERE ("t" = $1::timestamptz OR "t" = $2::timestamptz OR "t" = $3::timestamptz OR ("t" >= ($4::timestamptz) AND "t" < ($5::timestamptz)));
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
--   3: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
--   4: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   5: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where things "t" in[t"+294247-01-10T04:00:54.775806Z",t"-290308-12-21T19:59:05.224193Z",t"-infinity",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM "things" WHERE ("t" = $1::timestamptz OR "t" = $2::timestamptz OR "t" = $3::timestamptz OR ("t" >= ($4::timestamptz) AND "t" < ($5::timestamptz)) OR "t" = $6::timestamptz);
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
--   3: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC -infinity true}
--   4: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   5: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
--   6: pgtype.Timestamptz {-4713-11-24 00:00:00 +0000 UTC finite true}
-- where things "t" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "things" WHERE ("t" IS NULL OR "t" = ANY($1::timestamptz[]));
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where things "t" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "things" WHERE "t" = ANY($1::timestamptz[]);
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where things "y"==null
SELECT count(*) FROM "things" WHERE "y" IS NULL;
-- where things "y"==b"AP8="
SELECT count(*) FROM "things" WHERE "y" = $1::bytea;
--   1: []byte "\x00\xff"
-- where things "y"<b"AP8="
SELECT count(*) FROM "things" WHERE "y" < $1::bytea;
--   1: []byte "\x00\xff"
-- where things "y"<=b"AP8="
SELECT count(*) FROM "things" WHERE "y" <= $1::bytea;
--   1: []byte "\x00\xff"
-- where things "y">b"AP8="
SELECT count(*) FROM "things" WHERE "y" > $1::bytea;
--   1: []byte "\x00\xff"
-- where things "y">=b"AP8="
SELECT count(*) FROM "things" WHERE "y" >= $1::bytea;
--   1: []byte "\x00\xff"
-- where things "y"==b""
SELECT count(*) FROM "things" WHERE "y" = $1::bytea;
--   1: []byte ""
-- where things "y"<b""
SELECT count(*) FROM "things" WHERE "y" < $1::bytea;
--   1: []byte ""
-- where things "y"<=b""
SELECT count(*) FROM "things" WHERE "y" <= $1::bytea;
--   1: []byte ""
-- where things "y">b""
SELECT count(*) FROM "things" WHERE "y" > $1::bytea;
--   1: []byte ""
-- where things "y">=b""
SELECT count(*) FROM "things" WHERE "y" >= $1::bytea;
--   1: []byte ""
-- where things "y" in[b"",b"AP8="]
SELECT count(*) FROM "things" WHERE "y" = ANY($1::bytea[]);
--   1: [][]byte ["\x00\xff" ""]
-- where things "y" in[b"AP8=",null]
SELECT count(*) FROM "things" WHERE ("y" IS NULL OR "y" = ANY($1::bytea[]));
--   1: [][]byte ["\x00\xff"]
-- where things "y" in[b"AP8="]
SELECT count(*) FROM "things" WHERE "y" = ANY($1::bytea[]);
--   1: [][]byte ["\x00\xff" "\x00\xff" "\x00\xff"]
-- where things "j"==null
SELECT count(*) FROM "things" WHERE ("j" IS NULL OR "j" = 'null'::jsonb);
-- where things "j"==true
SELECT count(*) FROM "things" WHERE "j" IN ('true'::jsonb);
-- where things "j"<true
SELECT count(*) FROM "things" WHERE "j" IN ('false'::jsonb);
-- where things "j"<=true
SELECT count(*) FROM "things" WHERE "j" IN ('false'::jsonb, 'true'::jsonb);
-- where things "j">true
SELECT count(*) FROM "things" WHERE false;
-- where things "j">=true
SELECT count(*) FROM "things" WHERE "j" IN ('true'::jsonb);
-- where things "j"==false
SELECT count(*) FROM "things" WHERE "j" IN ('false'::jsonb);
-- where things "j"<false
SELECT count(*) FROM "things" WHERE false;
-- where things "j"<=false
SELECT count(*) FROM "things" WHERE "j" IN ('false'::jsonb);
-- where things "j">false
SELECT count(*) FROM "things" WHERE "j" IN ('true'::jsonb);
-- where things "j">=false
SELECT count(*) FROM "things" WHERE "j" IN ('false'::jsonb, 'true'::jsonb);
-- where things "j"==1
SELECT count(*) FROM "things" WHERE "j" = $1::jsonb;
--   1: string "1"
-- where things "j"<1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric < $1::text::numeric END;
--   1: string "1"
-- where things "j"<=1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric <= $1::text::numeric END;
--   1: string "1"
-- where things "j">1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric > $1::text::numeric END;
--   1: string "1"
-- where things "j">=1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric >= $1::text::numeric END;
--   1: string "1"
-- where things "j"==1.5
SELECT count(*) FROM "things" WHERE "j" = $1::jsonb;
--   1: string "1.5"
-- where things "j"<1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric < $1::text::numeric END;
--   1: string "1.5"
-- where things "j"<=1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric <= $1::text::numeric END;
--   1: string "1.5"
-- where things "j">1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric > $1::text::numeric END;
--   1: string "1.5"
-- where things "j">=1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric >= $1::text::numeric END;
--   1: string "1.5"
-- where things "j"==100000000000000000000
SELECT count(*) FROM "things" WHERE "j" = $1::jsonb;
--   1: string "100000000000000000000"
-- where things "j"<100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric < $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j"<=100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric <= $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j">100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric > $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j">=100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric >= $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j"=="Infinity"
SELECT count(*) FROM "things" WHERE false;
-- where things "j"<"Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric < $1::text::numeric END;
--   1: string "+Inf"
-- where things "j"<="Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric <= $1::text::numeric END;
--   1: string "+Inf"
-- where things "j">"Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric > $1::text::numeric END;
--   1: string "+Inf"
-- where things "j">="Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric >= $1::text::numeric END;
--   1: string "+Inf"
-- where things "j"=="NaN"
SELECT count(*) FROM "things" WHERE false;
-- where things "j"<"NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric < $1::text::numeric END;
--   1: string "NaN"
-- where things "j"<="NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric <= $1::text::numeric END;
--   1: string "NaN"
-- where things "j">"NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric > $1::text::numeric END;
--   1: string "NaN"
-- where things "j">="NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof("j") = 'number' THEN ("j")::numeric >= $1::text::numeric END;
--   1: string "NaN"
-- where things "j"=="x"
SELECT count(*) FROM "things" WHERE "j" = $1::jsonb;
--   1: string "\"x\""
-- where things "j"<"x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" < $1::text);
--   1: string "x"
-- where things "j"<="x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" <= $1::text);
--   1: string "x"
-- where things "j">"x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" > $1::text);
--   1: string "x"
-- where things "j">="x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text);
--   1: string "x"
-- where things "j"==""
SELECT count(*) FROM "things" WHERE "j" = $1::jsonb;
--   1: string "\"\""
-- where things "j"<""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" < $1::text);
--   1: string ""
-- where things "j"<=""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" <= $1::text);
--   1: string ""
-- where things "j">""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" > $1::text);
--   1: string ""
-- where things "j">=""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text);
--   1: string ""
-- where things "j" in[false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb));
-- where things "j" in[1,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb);
--   1: string "1"
-- where things "j" in[1,1.5,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb);
--   1: string "1"
--   2: string "1.5"
-- where things "j" in[1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb OR "j" = $3::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j" in["Infinity",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb OR "j" = $3::jsonb OR false);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j" in["Infinity","NaN",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb OR "j" = $3::jsonb OR false OR false);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j" in["Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb OR "j" = $3::jsonb OR false OR false OR "j" = $4::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
--   4: string "\"x\""
-- where things "j" in["","Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('false'::jsonb) OR "j" = $1::jsonb OR "j" = $2::jsonb OR "j" = $3::jsonb OR false OR false OR "j" = $4::jsonb OR "j" = $5::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
--   4: string "\"x\""
--   5: string "\"\""
-- where things "j" in[null,true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR ("j" IS NULL OR "j" = 'null'::jsonb));
-- where things "j" in[true]
SELECT count(*) FROM "things" WHERE ("j" IN ('true'::jsonb) OR "j" IN ('true'::jsonb) OR "j" IN ('true'::jsonb));
-- where things "j" contains ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j" startsWith ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j" endsWith ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j" contains "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where things "j" startsWith "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "j" endsWith "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where things "j" contains "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where things "j" startsWith "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "j" endsWith "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where things "j" contains "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where things "j" startsWith "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "j" endsWith "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where things "j" contains "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where things "j" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "j" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where things "j" contains "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "j" startsWith "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "j" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "j" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "j" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text AND ("j" #>> '{}') COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "j" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "j" contains "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND strpos(("j" #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "j" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where things "j" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND right(("j" #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "j" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "j" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof("j") = 'string' AND ("j" #>> '{}') COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("j")==2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof("j") WHEN 'string' THEN char_length("j" #>> '{}') WHEN 'array' THEN jsonb_array_length("j") END = $1::int8;
--   1: int64 2
-- where things len("j")<2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof("j") WHEN 'string' THEN char_length("j" #>> '{}') WHEN 'array' THEN jsonb_array_length("j") END < $1::int8;
--   1: int64 2
-- where things len("j")<=2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof("j") WHEN 'string' THEN char_length("j" #>> '{}') WHEN 'array' THEN jsonb_array_length("j") END <= $1::int8;
--   1: int64 2
-- where things len("j")>2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof("j") WHEN 'string' THEN char_length("j" #>> '{}') WHEN 'array' THEN jsonb_array_length("j") END > $1::int8;
--   1: int64 2
-- where things len("j")>=2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof("j") WHEN 'string' THEN char_length("j" #>> '{}') WHEN 'array' THEN jsonb_array_length("j") END >= $1::int8;
--   1: int64 2
-- where things "j" has null
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[null]"
-- where things "j" has true
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[true]"
-- where things "j" has false
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[false]"
-- where things "j" has 1
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[1]"
-- where things "j" has 1.5
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[1.5]"
-- where things "j" has 100000000000000000000
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[100000000000000000000]"
-- where things "j" has "Infinity"
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[\"Infinity\"]"
-- where things "j" has "NaN"
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[\"NaN\"]"
-- where things "j" has "x"
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[\"x\"]"
-- where things "j" has ""
SELECT count(*) FROM "things" WHERE ("j" @> $1::jsonb);
--   1: string "[\"\"]"
-- where things "j.a.b c"==null
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IS NULL OR ("j" -> 'a' -> 'b c') = 'null'::jsonb);
-- where things "j.a.b c"==true
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('true'::jsonb);
-- where things "j.a.b c"<true
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('false'::jsonb);
-- where things "j.a.b c"<=true
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('false'::jsonb, 'true'::jsonb);
-- where things "j.a.b c">true
SELECT count(*) FROM "things" WHERE false;
-- where things "j.a.b c">=true
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('true'::jsonb);
-- where things "j.a.b c"==false
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('false'::jsonb);
-- where things "j.a.b c"<false
SELECT count(*) FROM "things" WHERE false;
-- where things "j.a.b c"<=false
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('false'::jsonb);
-- where things "j.a.b c">false
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('true'::jsonb);
-- where things "j.a.b c">=false
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') IN ('false'::jsonb, 'true'::jsonb);
-- where things "j.a.b c"==1
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') = $1::jsonb;
--   1: string "1"
-- where things "j.a.b c"<1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "1"
-- where things "j.a.b c"<=1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "1"
-- where things "j.a.b c">1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "1"
-- where things "j.a.b c">=1
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "1"
-- where things "j.a.b c"==1.5
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') = $1::jsonb;
--   1: string "1.5"
-- where things "j.a.b c"<1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "1.5"
-- where things "j.a.b c"<=1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "1.5"
-- where things "j.a.b c">1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "1.5"
-- where things "j.a.b c">=1.5
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "1.5"
-- where things "j.a.b c"==100000000000000000000
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') = $1::jsonb;
--   1: string "100000000000000000000"
-- where things "j.a.b c"<100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j.a.b c"<=100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j.a.b c">100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j.a.b c">=100000000000000000000
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "100000000000000000000"
-- where things "j.a.b c"=="Infinity"
SELECT count(*) FROM "things" WHERE false;
-- where things "j.a.b c"<"Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "+Inf"
-- where things "j.a.b c"<="Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "+Inf"
-- where things "j.a.b c">"Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "+Inf"
-- where things "j.a.b c">="Infinity"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "+Inf"
-- where things "j.a.b c"=="NaN"
SELECT count(*) FROM "things" WHERE false;
-- where things "j.a.b c"<"NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "NaN"
-- where things "j.a.b c"<="NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "NaN"
-- where things "j.a.b c">"NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "NaN"
-- where things "j.a.b c">="NaN"
SELECT count(*) FROM "things" WHERE CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b c')) = 'number' THEN (("j" -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "NaN"
-- where things "j.a.b c"=="x"
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') = $1::jsonb;
--   1: string "\"x\""
-- where things "j.a.b c"<"x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $1::text);
--   1: string "x"
-- where things "j.a.b c"<="x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" <= $1::text);
--   1: string "x"
-- where things "j.a.b c">"x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" > $1::text);
--   1: string "x"
-- where things "j.a.b c">="x"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text);
--   1: string "x"
-- where things "j.a.b c"==""
SELECT count(*) FROM "things" WHERE ("j" -> 'a' -> 'b c') = $1::jsonb;
--   1: string "\"\""
-- where things "j.a.b c"<""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $1::text);
--   1: string ""
-- where things "j.a.b c"<=""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" <= $1::text);
--   1: string ""
-- where things "j.a.b c">""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" > $1::text);
--   1: string ""
-- where things "j.a.b c">=""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text);
--   1: string ""
-- where things "j.a.b c" in[false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb));
-- where things "j.a.b c" in[1,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb);
--   1: string "1"
-- where things "j.a.b c" in[1,1.5,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb);
--   1: string "1"
--   2: string "1.5"
-- where things "j.a.b c" in[1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb OR ("j" -> 'a' -> 'b c') = $3::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j.a.b c" in["Infinity",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb OR ("j" -> 'a' -> 'b c') = $3::jsonb OR false);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j.a.b c" in["Infinity","NaN",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb OR ("j" -> 'a' -> 'b c') = $3::jsonb OR false OR false);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
-- where things "j.a.b c" in["Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb OR ("j" -> 'a' -> 'b c') = $3::jsonb OR false OR false OR ("j" -> 'a' -> 'b c') = $4::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
--   4: string "\"x\""
-- where things "j.a.b c" in["","Infinity","NaN","x",1,1.5,100000000000000000000,false,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('false'::jsonb) OR ("j" -> 'a' -> 'b c') = $1::jsonb OR ("j" -> 'a' -> 'b c') = $2::jsonb OR ("j" -> 'a' -> 'b c') = $3::jsonb OR false OR false OR ("j" -> 'a' -> 'b c') = $4::jsonb OR ("j" -> 'a' -> 'b c') = $5::jsonb);
--   1: string "1"
--   2: string "1.5"
--   3: string "100000000000000000000"
--   4: string "\"x\""
--   5: string "\"\""
-- where things "j.a.b c" in[null,true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR (("j" -> 'a' -> 'b c') IS NULL OR ("j" -> 'a' -> 'b c') = 'null'::jsonb));
-- where things "j.a.b c" in[true]
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('true'::jsonb) OR ("j" -> 'a' -> 'b c') IN ('true'::jsonb));
-- where things "j.a.b c" contains ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j.a.b c" startsWith ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j.a.b c" endsWith ""
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where things "j.a.b c" contains "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where things "j.a.b c" startsWith "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "j.a.b c" endsWith "ab"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where things "j.a.b c" contains "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where things "j.a.b c" startsWith "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "j.a.b c" endsWith "%_"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where things "j.a.b c" contains "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where things "j.a.b c" startsWith "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "j.a.b c" endsWith "é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where things "j.a.b c" contains "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where things "j.a.b c" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "j.a.b c" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where things "j.a.b c" contains "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "j.a.b c" startsWith "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "j.a.b c" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "j.a.b c" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "j.a.b c" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "j.a.b c" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "j.a.b c" contains "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND strpos((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "j.a.b c" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where things "j.a.b c" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND right((("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "j.a.b c" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "j.a.b c" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE (jsonb_typeof(("j" -> 'a' -> 'b c')) = 'string' AND (("j" -> 'a' -> 'b c') #>> '{}') COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("j.a.b c")==2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof(("j" -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("j" -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("j" -> 'a' -> 'b c')) END = $1::int8;
--   1: int64 2
-- where things len("j.a.b c")<2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof(("j" -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("j" -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("j" -> 'a' -> 'b c')) END < $1::int8;
--   1: int64 2
-- where things len("j.a.b c")<=2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof(("j" -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("j" -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("j" -> 'a' -> 'b c')) END <= $1::int8;
--   1: int64 2
-- where things len("j.a.b c")>2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof(("j" -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("j" -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("j" -> 'a' -> 'b c')) END > $1::int8;
--   1: int64 2
-- where things len("j.a.b c")>=2
SELECT count(*) FROM "things" WHERE CASE jsonb_typeof(("j" -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("j" -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("j" -> 'a' -> 'b c')) END >= $1::int8;
--   1: int64 2
-- where things "j.a.b c" has null
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[null]"
-- where things "j.a.b c" has true
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[true]"
-- where things "j.a.b c" has false
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[false]"
-- where things "j.a.b c" has 1
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[1]"
-- where things "j.a.b c" has 1.5
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[1.5]"
-- where things "j.a.b c" has 100000000000000000000
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[100000000000000000000]"
-- where things "j.a.b c" has "Infinity"
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[\"Infinity\"]"
-- where things "j.a.b c" has "NaN"
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[\"NaN\"]"
-- where things "j.a.b c" has "x"
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[\"x\"]"
-- where things "j.a.b c" has ""
SELECT count(*) FROM "things" WHERE (("j" -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[\"\"]"
-- where things "owner"==null
SELECT count(*) FROM "things" WHERE "owner" IS NULL;
-- where things "owner" contains ""
SELECT count(*) FROM "things" WHERE ("owner" IS NOT NULL);
-- where things "owner" startsWith ""
SELECT count(*) FROM "things" WHERE ("owner" IS NOT NULL);
-- where things "owner" endsWith ""
SELECT count(*) FROM "things" WHERE ("owner" IS NOT NULL);
-- where things "owner" contains "ab"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "ab"
-- where things "owner" startsWith "ab"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where things "owner" endsWith "ab"
SELECT count(*) FROM "things" WHERE (right("owner", 2) = $1::text);
--   1: string "ab"
-- where things "owner" contains "%_"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "%_"
-- where things "owner" startsWith "%_"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where things "owner" endsWith "%_"
SELECT count(*) FROM "things" WHERE (right("owner", 2) = $1::text);
--   1: string "%_"
-- where things "owner" contains "é"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "é"
-- where things "owner" startsWith "é"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where things "owner" endsWith "é"
SELECT count(*) FROM "things" WHERE (right("owner", 1) = $1::text);
--   1: string "é"
-- where things "owner" contains "ÿ"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "ÿ"
-- where things "owner" startsWith "ÿ"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where things "owner" endsWith "ÿ"
SELECT count(*) FROM "things" WHERE (right("owner", 1) = $1::text);
--   1: string "ÿ"
-- where things "owner" contains "퟿"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "\ud7ff"
-- where things "owner" startsWith "퟿"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where things "owner" endsWith "퟿"
SELECT count(*) FROM "things" WHERE (right("owner", 1) = $1::text);
--   1: string "\ud7ff"
-- where things "owner" contains "a􏿿"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where things "owner" startsWith "a􏿿"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text AND "owner" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where things "owner" endsWith "a􏿿"
SELECT count(*) FROM "things" WHERE (right("owner", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where things "owner" contains "􏿿"
SELECT count(*) FROM "things" WHERE (strpos("owner", $1::text) > 0);
--   1: string "\U0010ffff"
-- where things "owner" startsWith "􏿿"
SELECT count(*) FROM "things" WHERE ("owner" >= $1::text);
--   1: string "\U0010ffff"
-- where things "owner" endsWith "􏿿"
SELECT count(*) FROM "things" WHERE (right("owner", 1) = $1::text);
--   1: string "\U0010ffff"
-- where things "owner" like "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("owner" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things "owner" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "things" WHERE ("owner" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where things len("owner")==2
SELECT count(*) FROM "things" WHERE char_length("owner") = $1::int8;
--   1: int64 2
-- where things len("owner")<2
SELECT count(*) FROM "things" WHERE char_length("owner") < $1::int8;
--   1: int64 2
-- where things len("owner")<=2
SELECT count(*) FROM "things" WHERE char_length("owner") <= $1::int8;
--   1: int64 2
-- where things len("owner")>2
SELECT count(*) FROM "things" WHERE char_length("owner") > $1::int8;
--   1: int64 2
-- where things len("owner")>=2
SELECT count(*) FROM "things" WHERE char_length("owner") >= $1::int8;
--   1: int64 2
-- where existing "id"==null
SELECT count(*) FROM "existing" WHERE "id" IS NULL;
-- where existing "id"==1
SELECT count(*) FROM "existing" WHERE "id" = $1::int8;
--   1: int64 1
-- where existing "id"<1
SELECT count(*) FROM "existing" WHERE "id" < $1::int8;
--   1: int64 1
-- where existing "id"<=1
SELECT count(*) FROM "existing" WHERE "id" <= $1::int8;
--   1: int64 1
-- where existing "id">1
SELECT count(*) FROM "existing" WHERE "id" > $1::int8;
--   1: int64 1
-- where existing "id">=1
SELECT count(*) FROM "existing" WHERE "id" >= $1::int8;
--   1: int64 1
-- where existing "id" in[1,null]
SELECT count(*) FROM "existing" WHERE ("id" IS NULL OR "id" = ANY($1::int8[]));
--   1: []int64 [1]
-- where existing "id" in[1]
SELECT count(*) FROM "existing" WHERE "id" = ANY($1::int8[]);
--   1: []int64 [1 1 1]
-- where existing "uuid"==null
SELECT count(*) FROM "existing" WHERE "uuid" IS NULL;
-- where existing "uuid"=="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid" = $1::text::uuid;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<"6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid" < $1::text::uuid;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid" <= $1::text::uuid;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">"6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid" > $1::text::uuid;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">="6ba7b810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid" >= $1::text::uuid;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"=="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE false;
-- where existing "uuid"<"6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid"::text < $1::text;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid"<="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid"::text <= $1::text;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">"6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid"::text > $1::text;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid">="6BA7B810-9dad-11d1-80b4-00c04fd430c8"
SELECT count(*) FROM "existing" WHERE "uuid"::text >= $1::text;
--   1: string "6BA7B810-9dad-11d1-80b4-00c04fd430c8"
-- where existing "uuid" in["6BA7B810-9dad-11d1-80b4-00c04fd430c8","6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
SELECT count(*) FROM "existing" WHERE "uuid" = ANY($1::text[]::uuid[]);
--   1: []string ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
-- where existing "uuid" in["6ba7b810-9dad-11d1-80b4-00c04fd430c8",null]
SELECT count(*) FROM "existing" WHERE ("uuid" IS NULL OR "uuid" = ANY($1::text[]::uuid[]));
--   1: []string ["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
-- where existing "uuid" in["6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
SELECT count(*) FROM "existing" WHERE "uuid" = ANY($1::text[]::uuid[]);
--   1: []string ["6ba7b810-9dad-11d1-80b4-00c04fd430c8" "6ba7b810-9dad-11d1-80b4-00c04fd430c8" "6ba7b810-9dad-11d1-80b4-00c04fd430c8"]
-- where existing "uuid" contains ""
SELECT count(*) FROM "existing" WHERE ("uuid"::text IS NOT NULL);
-- where existing "uuid" startsWith ""
SELECT count(*) FROM "existing" WHERE ("uuid"::text IS NOT NULL);
-- where existing "uuid" endsWith ""
SELECT count(*) FROM "existing" WHERE ("uuid"::text IS NOT NULL);
-- where existing "uuid" contains "ab"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "ab"
-- where existing "uuid" startsWith "ab"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "uuid" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 2) = $1::text);
--   1: string "ab"
-- where existing "uuid" contains "%_"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "%_"
-- where existing "uuid" startsWith "%_"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "uuid" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 2) = $1::text);
--   1: string "%_"
-- where existing "uuid" contains "é"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "é"
-- where existing "uuid" startsWith "é"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "uuid" endsWith "é"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 1) = $1::text);
--   1: string "é"
-- where existing "uuid" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "ÿ"
-- where existing "uuid" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "uuid" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 1) = $1::text);
--   1: string "ÿ"
-- where existing "uuid" contains "퟿"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "uuid" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "uuid" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "uuid" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "uuid" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text AND "uuid"::text < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "uuid" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "uuid" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("uuid"::text, $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "uuid" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE ("uuid"::text >= $1::text);
--   1: string "\U0010ffff"
-- where existing "uuid" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (right("uuid"::text, 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "uuid" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("uuid"::text LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "uuid" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("uuid"::text ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("uuid")==2
SELECT count(*) FROM "existing" WHERE char_length("uuid"::text) = $1::int8;
--   1: int64 2
-- where existing len("uuid")<2
SELECT count(*) FROM "existing" WHERE char_length("uuid"::text) < $1::int8;
--   1: int64 2
-- where existing len("uuid")<=2
SELECT count(*) FROM "existing" WHERE char_length("uuid"::text) <= $1::int8;
--   1: int64 2
-- where existing len("uuid")>2
SELECT count(*) FROM "existing" WHERE char_length("uuid"::text) > $1::int8;
--   1: int64 2
-- where existing len("uuid")>=2
SELECT count(*) FROM "existing" WHERE char_length("uuid"::text) >= $1::int8;
--   1: int64 2
-- where existing "varchar"==null
SELECT count(*) FROM "existing" WHERE "varchar" IS NULL;
-- where existing "varchar"=="v"
SELECT count(*) FROM "existing" WHERE "varchar"::text = $1::text;
--   1: string "v"
-- where existing "varchar"<"v"
SELECT count(*) FROM "existing" WHERE "varchar"::text < $1::text;
--   1: string "v"
-- where existing "varchar"<="v"
SELECT count(*) FROM "existing" WHERE "varchar"::text <= $1::text;
--   1: string "v"
-- where existing "varchar">"v"
SELECT count(*) FROM "existing" WHERE "varchar"::text > $1::text;
--   1: string "v"
-- where existing "varchar">="v"
SELECT count(*) FROM "existing" WHERE "varchar"::text >= $1::text;
--   1: string "v"
-- where existing "varchar" in["v",null]
SELECT count(*) FROM "existing" WHERE ("varchar" IS NULL OR "varchar"::text = ANY($1::text[]));
--   1: []string ["v"]
-- where existing "varchar" in["v"]
SELECT count(*) FROM "existing" WHERE "varchar"::text = ANY($1::text[]);
--   1: []string ["v" "v" "v"]
-- where existing "varchar" contains ""
SELECT count(*) FROM "existing" WHERE ("varchar"::text IS NOT NULL);
-- where existing "varchar" startsWith ""
SELECT count(*) FROM "existing" WHERE ("varchar"::text IS NOT NULL);
-- where existing "varchar" endsWith ""
SELECT count(*) FROM "existing" WHERE ("varchar"::text IS NOT NULL);
-- where existing "varchar" contains "ab"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "ab"
-- where existing "varchar" startsWith "ab"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "varchar" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 2) = $1::text);
--   1: string "ab"
-- where existing "varchar" contains "%_"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "%_"
-- where existing "varchar" startsWith "%_"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "varchar" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 2) = $1::text);
--   1: string "%_"
-- where existing "varchar" contains "é"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "é"
-- where existing "varchar" startsWith "é"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "varchar" endsWith "é"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 1) = $1::text);
--   1: string "é"
-- where existing "varchar" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "ÿ"
-- where existing "varchar" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "varchar" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 1) = $1::text);
--   1: string "ÿ"
-- where existing "varchar" contains "퟿"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "varchar" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "varchar" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "varchar" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "varchar" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text AND "varchar"::text < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "varchar" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "varchar" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("varchar"::text, $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "varchar" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE ("varchar"::text >= $1::text);
--   1: string "\U0010ffff"
-- where existing "varchar" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (right("varchar"::text, 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "varchar" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("varchar"::text LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "varchar" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("varchar"::text ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("varchar")==2
SELECT count(*) FROM "existing" WHERE char_length("varchar"::text) = $1::int8;
--   1: int64 2
-- where existing len("varchar")<2
SELECT count(*) FROM "existing" WHERE char_length("varchar"::text) < $1::int8;
--   1: int64 2
-- where existing len("varchar")<=2
SELECT count(*) FROM "existing" WHERE char_length("varchar"::text) <= $1::int8;
--   1: int64 2
-- where existing len("varchar")>2
SELECT count(*) FROM "existing" WHERE char_length("varchar"::text) > $1::int8;
--   1: int64 2
-- where existing len("varchar")>=2
SELECT count(*) FROM "existing" WHERE char_length("varchar"::text) >= $1::int8;
--   1: int64 2
-- where existing "collated"==null
SELECT count(*) FROM "existing" WHERE "collated" IS NULL;
-- where existing "collated"=="c"
SELECT count(*) FROM "existing" WHERE "collated" = $1::text;
--   1: string "c"
-- where existing "collated"<"c"
SELECT count(*) FROM "existing" WHERE "collated" COLLATE "C" < $1::text;
--   1: string "c"
-- where existing "collated"<="c"
SELECT count(*) FROM "existing" WHERE "collated" COLLATE "C" <= $1::text;
--   1: string "c"
-- where existing "collated">"c"
SELECT count(*) FROM "existing" WHERE "collated" COLLATE "C" > $1::text;
--   1: string "c"
-- where existing "collated">="c"
SELECT count(*) FROM "existing" WHERE "collated" COLLATE "C" >= $1::text;
--   1: string "c"
-- where existing "collated" in["c",null]
SELECT count(*) FROM "existing" WHERE ("collated" IS NULL OR "collated" = ANY($1::text[]));
--   1: []string ["c"]
-- where existing "collated" in["c"]
SELECT count(*) FROM "existing" WHERE "collated" = ANY($1::text[]);
--   1: []string ["c" "c" "c"]
-- where existing "collated" contains ""
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" IS NOT NULL);
-- where existing "collated" startsWith ""
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" IS NOT NULL);
-- where existing "collated" endsWith ""
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" IS NOT NULL);
-- where existing "collated" contains "ab"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where existing "collated" startsWith "ab"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "collated" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where existing "collated" contains "%_"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where existing "collated" startsWith "%_"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "collated" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where existing "collated" contains "é"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where existing "collated" startsWith "é"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "collated" endsWith "é"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where existing "collated" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where existing "collated" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "collated" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where existing "collated" contains "퟿"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "collated" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "collated" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "collated" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "collated" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text AND "collated" COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "collated" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "collated" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("collated" COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "collated" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where existing "collated" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (right("collated" COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "collated" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "collated" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("collated" COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("collated")==2
SELECT count(*) FROM "existing" WHERE char_length("collated") = $1::int8;
--   1: int64 2
-- where existing len("collated")<2
SELECT count(*) FROM "existing" WHERE char_length("collated") < $1::int8;
--   1: int64 2
-- where existing len("collated")<=2
SELECT count(*) FROM "existing" WHERE char_length("collated") <= $1::int8;
--   1: int64 2
-- where existing len("collated")>2
SELECT count(*) FROM "existing" WHERE char_length("collated") > $1::int8;
--   1: int64 2
-- where existing len("collated")>=2
SELECT count(*) FROM "existing" WHERE char_length("collated") >= $1::int8;
--   1: int64 2
-- where existing "enum"==null
SELECT count(*) FROM "existing" WHERE "enum" IS NULL;
-- where existing "enum"=="red"
SELECT count(*) FROM "existing" WHERE "enum"::text = $1::text;
--   1: string "red"
-- where existing "enum"<"red"
SELECT count(*) FROM "existing" WHERE "enum"::text COLLATE "C" < $1::text;
--   1: string "red"
-- where existing "enum"<="red"
SELECT count(*) FROM "existing" WHERE "enum"::text COLLATE "C" <= $1::text;
--   1: string "red"
-- where existing "enum">"red"
SELECT count(*) FROM "existing" WHERE "enum"::text COLLATE "C" > $1::text;
--   1: string "red"
-- where existing "enum">="red"
SELECT count(*) FROM "existing" WHERE "enum"::text COLLATE "C" >= $1::text;
--   1: string "red"
-- where existing "enum" in["red",null]
SELECT count(*) FROM "existing" WHERE ("enum" IS NULL OR "enum"::text = ANY($1::text[]));
--   1: []string ["red"]
-- where existing "enum" in["red"]
SELECT count(*) FROM "existing" WHERE "enum"::text = ANY($1::text[]);
--   1: []string ["red" "red" "red"]
-- where existing "enum" contains ""
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" IS NOT NULL);
-- where existing "enum" startsWith ""
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" IS NOT NULL);
-- where existing "enum" endsWith ""
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" IS NOT NULL);
-- where existing "enum" contains "ab"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where existing "enum" startsWith "ab"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "enum" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where existing "enum" contains "%_"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where existing "enum" startsWith "%_"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "enum" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where existing "enum" contains "é"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where existing "enum" startsWith "é"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "enum" endsWith "é"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where existing "enum" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where existing "enum" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "enum" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where existing "enum" contains "퟿"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "enum" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "enum" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "enum" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "enum" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text AND "enum"::text COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "enum" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "enum" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (strpos("enum"::text COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "enum" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where existing "enum" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (right("enum"::text COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "enum" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "enum" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE ("enum"::text COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("enum")==2
SELECT count(*) FROM "existing" WHERE char_length("enum"::text) = $1::int8;
--   1: int64 2
-- where existing len("enum")<2
SELECT count(*) FROM "existing" WHERE char_length("enum"::text) < $1::int8;
--   1: int64 2
-- where existing len("enum")<=2
SELECT count(*) FROM "existing" WHERE char_length("enum"::text) <= $1::int8;
--   1: int64 2
-- where existing len("enum")>2
SELECT count(*) FROM "existing" WHERE char_length("enum"::text) > $1::int8;
--   1: int64 2
-- where existing len("enum")>=2
SELECT count(*) FROM "existing" WHERE char_length("enum"::text) >= $1::int8;
--   1: int64 2
-- where existing "smallint"==null
SELECT count(*) FROM "existing" WHERE "smallint" IS NULL;
-- where existing "smallint"==3
SELECT count(*) FROM "existing" WHERE "smallint" = $1::int8;
--   1: int64 3
-- where existing "smallint"<3
SELECT count(*) FROM "existing" WHERE "smallint" < $1::int8;
--   1: int64 3
-- where existing "smallint"<=3
SELECT count(*) FROM "existing" WHERE "smallint" <= $1::int8;
--   1: int64 3
-- where existing "smallint">3
SELECT count(*) FROM "existing" WHERE "smallint" > $1::int8;
--   1: int64 3
-- where existing "smallint">=3
SELECT count(*) FROM "existing" WHERE "smallint" >= $1::int8;
--   1: int64 3
-- where existing "smallint"==0.5
SELECT count(*) FROM "existing" WHERE false;
-- where existing "smallint"<0.5
SELECT count(*) FROM "existing" WHERE "smallint" <= $1::int8;
--   1: int64 0
-- where existing "smallint"<=0.5
SELECT count(*) FROM "existing" WHERE "smallint" <= $1::int8;
--   1: int64 0
-- where existing "smallint">0.5
SELECT count(*) FROM "existing" WHERE "smallint" > $1::int8;
--   1: int64 0
-- where existing "smallint">=0.5
SELECT count(*) FROM "existing" WHERE "smallint" > $1::int8;
--   1: int64 0
-- where existing "smallint" in[0.5,3]
SELECT count(*) FROM "existing" WHERE ("smallint" = $1::int8 OR false);
--   1: int64 3
-- where existing "smallint" in[3,null]
SELECT count(*) FROM "existing" WHERE ("smallint" IS NULL OR "smallint" = ANY($1::int8[]));
--   1: []int64 [3]
-- where existing "smallint" in[3]
SELECT count(*) FROM "existing" WHERE "smallint" = ANY($1::int8[]);
--   1: []int64 [3 3 3]
-- where existing "numeric"==null
SELECT count(*) FROM "existing" WHERE "numeric" IS NULL;
-- where existing "numeric"==0.1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 = $1::float8;
--   1: float64 0.1
-- where existing "numeric"<0.1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 < $1::float8;
--   1: float64 0.1
-- where existing "numeric"<=0.1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 <= $1::float8;
--   1: float64 0.1
-- where existing "numeric">0.1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 > $1::float8;
--   1: float64 0.1
-- where existing "numeric">=0.1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 >= $1::float8;
--   1: float64 0.1
-- where existing "numeric"==1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 = $1::float8;
--   1: float64 1
-- where existing "numeric"<1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 < $1::float8;
--   1: float64 1
-- where existing "numeric"<=1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 <= $1::float8;
--   1: float64 1
-- where existing "numeric">1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 > $1::float8;
--   1: float64 1
-- where existing "numeric">=1
SELECT count(*) FROM "existing" WHERE "numeric"::float8 >= $1::float8;
--   1: float64 1
-- where existing "numeric" in[0.1,1]
SELECT count(*) FROM "existing" WHERE ("numeric"::float8 = $1::float8 OR "numeric"::float8 = $2::float8);
--   1: float64 0.1
--   2: float64 1
-- where existing "numeric" in[0.1,null]
SELECT count(*) FROM "existing" WHERE ("numeric" IS NULL OR "numeric"::float8 = ANY($1::float8[]));
--   1: []float64 [0.1]
-- where existing "numeric" in[0.1]
SELECT count(*) FROM "existing" WHERE "numeric"::float8 = ANY($1::float8[]);
--   1: []float64 [0.1 0.1 0.1]
-- where existing "real"==null
SELECT count(*) FROM "existing" WHERE "real" IS NULL;
-- where existing "real"==1.5
SELECT count(*) FROM "existing" WHERE "real" = $1::float8;
--   1: float64 1.5
-- where existing "real"<1.5
SELECT count(*) FROM "existing" WHERE "real" < $1::float8;
--   1: float64 1.5
-- where existing "real"<=1.5
SELECT count(*) FROM "existing" WHERE "real" <= $1::float8;
--   1: float64 1.5
-- where existing "real">1.5
SELECT count(*) FROM "existing" WHERE "real" > $1::float8;
--   1: float64 1.5
-- where existing "real">=1.5
SELECT count(*) FROM "existing" WHERE "real" >= $1::float8;
--   1: float64 1.5
-- where existing "real" in[1.5,null]
SELECT count(*) FROM "existing" WHERE ("real" IS NULL OR "real" = ANY($1::float8[]));
--   1: []float64 [1.5]
-- where existing "real" in[1.5]
SELECT count(*) FROM "existing" WHERE "real" = ANY($1::float8[]);
--   1: []float64 [1.5 1.5 1.5]
-- where existing "timestamp"==null
SELECT count(*) FROM "existing" WHERE "timestamp" IS NULL;
-- where existing "timestamp"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "timestamp" = ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "timestamp"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "timestamp" < ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "timestamp"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "timestamp" <= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "timestamp">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "timestamp" > ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "timestamp">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "timestamp" >= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "timestamp"==t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "existing" WHERE ("timestamp" >= ($1::timestamptz AT TIME ZONE 'UTC') AND "timestamp" < ($2::timestamptz AT TIME ZONE 'UTC'));
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   2: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp"<t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "existing" WHERE "timestamp" < ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
-- where existing "timestamp"<=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "existing" WHERE "timestamp" < ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp">t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "existing" WHERE "timestamp" = ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp">=t"+294247-01-10T04:00:54.775806Z"
SELECT count(*) FROM "existing" WHERE "timestamp" >= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
-- where existing "timestamp"==t"infinity"
SELECT count(*) FROM "existing" WHERE "timestamp" = ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp"<t"infinity"
SELECT count(*) FROM "existing" WHERE "timestamp" < ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp"<=t"infinity"
SELECT count(*) FROM "existing" WHERE "timestamp" <= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp">t"infinity"
SELECT count(*) FROM "existing" WHERE "timestamp" > ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp">=t"infinity"
SELECT count(*) FROM "existing" WHERE "timestamp" >= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp" in[t"+294247-01-10T04:00:54.775806Z",t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "existing" WHERE ("timestamp" = ($1::timestamptz AT TIME ZONE 'UTC') OR ("timestamp" >= ($2::timestamptz AT TIME ZONE 'UTC') AND "timestamp" < ($3::timestamptz AT TIME ZONE 'UTC')));
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   3: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp" in[t"+294247-01-10T04:00:54.775806Z",t"2026-01-02T03:04:05.678901Z",t"infinity"]
SELECT count(*) FROM "existing" WHERE ("timestamp" = ($1::timestamptz AT TIME ZONE 'UTC') OR ("timestamp" >= ($2::timestamptz AT TIME ZONE 'UTC') AND "timestamp" < ($3::timestamptz AT TIME ZONE 'UTC')) OR "timestamp" = ($4::timestamptz AT TIME ZONE 'UTC'));
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: pgtype.Timestamptz {294247-01-10 04:00:54.775806 +0000 UTC finite true}
--   3: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
--   4: pgtype.Timestamptz {0001-01-01 00:00:00 +0000 UTC infinity true}
-- where existing "timestamp" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "existing" WHERE ("timestamp" IS NULL OR ("timestamp"::timestamp AT TIME ZONE 'UTC') = ANY($1::timestamptz[]));
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where existing "timestamp" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "existing" WHERE ("timestamp"::timestamp AT TIME ZONE 'UTC') = ANY($1::timestamptz[]);
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where existing "date"==null
SELECT count(*) FROM "existing" WHERE "date" IS NULL;
-- where existing "date"==t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "date" = ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "date"<t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "date" < ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "date"<=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "date" <= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "date">t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "date" > ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "date">=t"2026-01-02T03:04:05.678901Z"
SELECT count(*) FROM "existing" WHERE "date" >= ($1::timestamptz AT TIME ZONE 'UTC');
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
-- where existing "date" in[null,t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "existing" WHERE ("date" IS NULL OR ("date"::timestamp AT TIME ZONE 'UTC') = ANY($1::timestamptz[]));
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where existing "date" in[t"2026-01-02T03:04:05.678901Z"]
SELECT count(*) FROM "existing" WHERE ("date"::timestamp AT TIME ZONE 'UTC') = ANY($1::timestamptz[]);
--   1: []pgtype.Timestamptz [{2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true} {2026-01-02 03:04:05.678901 +0000 UTC finite true}]
-- where existing "json"==null
SELECT count(*) FROM "existing" WHERE ("json"::jsonb IS NULL OR "json"::jsonb = 'null'::jsonb);
-- where existing "json"==1
SELECT count(*) FROM "existing" WHERE "json"::jsonb = $1::jsonb;
--   1: string "1"
-- where existing "json"<1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof("json"::jsonb) = 'number' THEN ("json"::jsonb)::numeric < $1::text::numeric END;
--   1: string "1"
-- where existing "json"<=1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof("json"::jsonb) = 'number' THEN ("json"::jsonb)::numeric <= $1::text::numeric END;
--   1: string "1"
-- where existing "json">1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof("json"::jsonb) = 'number' THEN ("json"::jsonb)::numeric > $1::text::numeric END;
--   1: string "1"
-- where existing "json">=1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof("json"::jsonb) = 'number' THEN ("json"::jsonb)::numeric >= $1::text::numeric END;
--   1: string "1"
-- where existing "json"=="x"
SELECT count(*) FROM "existing" WHERE "json"::jsonb = $1::jsonb;
--   1: string "\"x\""
-- where existing "json"<"x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" < $1::text);
--   1: string "x"
-- where existing "json"<="x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" <= $1::text);
--   1: string "x"
-- where existing "json">"x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" > $1::text);
--   1: string "x"
-- where existing "json">="x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text);
--   1: string "x"
-- where existing "json"==true
SELECT count(*) FROM "existing" WHERE "json"::jsonb IN ('true'::jsonb);
-- where existing "json"<true
SELECT count(*) FROM "existing" WHERE "json"::jsonb IN ('false'::jsonb);
-- where existing "json"<=true
SELECT count(*) FROM "existing" WHERE "json"::jsonb IN ('false'::jsonb, 'true'::jsonb);
-- where existing "json">true
SELECT count(*) FROM "existing" WHERE false;
-- where existing "json">=true
SELECT count(*) FROM "existing" WHERE "json"::jsonb IN ('true'::jsonb);
-- where existing "json" in["x",1]
SELECT count(*) FROM "existing" WHERE ("json"::jsonb = $1::jsonb OR "json"::jsonb = $2::jsonb);
--   1: string "1"
--   2: string "\"x\""
-- where existing "json" in["x",1,true]
SELECT count(*) FROM "existing" WHERE ("json"::jsonb = $1::jsonb OR "json"::jsonb = $2::jsonb OR "json"::jsonb IN ('true'::jsonb));
--   1: string "1"
--   2: string "\"x\""
-- where existing "json" in[1,null]
SELECT count(*) FROM "existing" WHERE ("json"::jsonb = $1::jsonb OR ("json"::jsonb IS NULL OR "json"::jsonb = 'null'::jsonb));
--   1: string "1"
-- where existing "json" in[1]
SELECT count(*) FROM "existing" WHERE ("json"::jsonb = $1::jsonb OR "json"::jsonb = $2::jsonb OR "json"::jsonb = $3::jsonb);
--   1: string "1"
--   2: string "1"
--   3: string "1"
-- where existing "json" contains ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json" startsWith ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json" endsWith ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json" contains "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where existing "json" startsWith "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "json" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where existing "json" contains "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where existing "json" startsWith "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "json" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where existing "json" contains "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where existing "json" startsWith "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "json" endsWith "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where existing "json" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where existing "json" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "json" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where existing "json" contains "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "json" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "json" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "json" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "json" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text AND ("json"::jsonb #>> '{}') COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "json" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "json" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND strpos(("json"::jsonb #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "json" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where existing "json" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND right(("json"::jsonb #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "json" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "json" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof("json"::jsonb) = 'string' AND ("json"::jsonb #>> '{}') COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("json")==2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof("json"::jsonb) WHEN 'string' THEN char_length("json"::jsonb #>> '{}') WHEN 'array' THEN jsonb_array_length("json"::jsonb) END = $1::int8;
--   1: int64 2
-- where existing len("json")<2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof("json"::jsonb) WHEN 'string' THEN char_length("json"::jsonb #>> '{}') WHEN 'array' THEN jsonb_array_length("json"::jsonb) END < $1::int8;
--   1: int64 2
-- where existing len("json")<=2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof("json"::jsonb) WHEN 'string' THEN char_length("json"::jsonb #>> '{}') WHEN 'array' THEN jsonb_array_length("json"::jsonb) END <= $1::int8;
--   1: int64 2
-- where existing len("json")>2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof("json"::jsonb) WHEN 'string' THEN char_length("json"::jsonb #>> '{}') WHEN 'array' THEN jsonb_array_length("json"::jsonb) END > $1::int8;
--   1: int64 2
-- where existing len("json")>=2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof("json"::jsonb) WHEN 'string' THEN char_length("json"::jsonb #>> '{}') WHEN 'array' THEN jsonb_array_length("json"::jsonb) END >= $1::int8;
--   1: int64 2
-- where existing "json" has null
SELECT count(*) FROM "existing" WHERE ("json"::jsonb @> $1::jsonb);
--   1: string "[null]"
-- where existing "json" has 1
SELECT count(*) FROM "existing" WHERE ("json"::jsonb @> $1::jsonb);
--   1: string "[1]"
-- where existing "json" has "x"
SELECT count(*) FROM "existing" WHERE ("json"::jsonb @> $1::jsonb);
--   1: string "[\"x\"]"
-- where existing "json" has true
SELECT count(*) FROM "existing" WHERE ("json"::jsonb @> $1::jsonb);
--   1: string "[true]"
-- where existing "json.a.b c"==null
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') IS NULL OR ("json"::jsonb -> 'a' -> 'b c') = 'null'::jsonb);
-- where existing "json.a.b c"==1
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') = $1::jsonb;
--   1: string "1"
-- where existing "json.a.b c"<1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'number' THEN (("json"::jsonb -> 'a' -> 'b c'))::numeric < $1::text::numeric END;
--   1: string "1"
-- where existing "json.a.b c"<=1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'number' THEN (("json"::jsonb -> 'a' -> 'b c'))::numeric <= $1::text::numeric END;
--   1: string "1"
-- where existing "json.a.b c">1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'number' THEN (("json"::jsonb -> 'a' -> 'b c'))::numeric > $1::text::numeric END;
--   1: string "1"
-- where existing "json.a.b c">=1
SELECT count(*) FROM "existing" WHERE CASE WHEN jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'number' THEN (("json"::jsonb -> 'a' -> 'b c'))::numeric >= $1::text::numeric END;
--   1: string "1"
-- where existing "json.a.b c"=="x"
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') = $1::jsonb;
--   1: string "\"x\""
-- where existing "json.a.b c"<"x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $1::text);
--   1: string "x"
-- where existing "json.a.b c"<="x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" <= $1::text);
--   1: string "x"
-- where existing "json.a.b c">"x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" > $1::text);
--   1: string "x"
-- where existing "json.a.b c">="x"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text);
--   1: string "x"
-- where existing "json.a.b c"==true
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') IN ('true'::jsonb);
-- where existing "json.a.b c"<true
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') IN ('false'::jsonb);
-- where existing "json.a.b c"<=true
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') IN ('false'::jsonb, 'true'::jsonb);
-- where existing "json.a.b c">true
SELECT count(*) FROM "existing" WHERE false;
-- where existing "json.a.b c">=true
SELECT count(*) FROM "existing" WHERE ("json"::jsonb -> 'a' -> 'b c') IN ('true'::jsonb);
-- where existing "json.a.b c" in["x",1]
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') = $1::jsonb OR ("json"::jsonb -> 'a' -> 'b c') = $2::jsonb);
--   1: string "1"
--   2: string "\"x\""
-- where existing "json.a.b c" in["x",1,true]
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') = $1::jsonb OR ("json"::jsonb -> 'a' -> 'b c') = $2::jsonb OR ("json"::jsonb -> 'a' -> 'b c') IN ('true'::jsonb));
--   1: string "1"
--   2: string "\"x\""
-- where existing "json.a.b c" in[1,null]
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') = $1::jsonb OR (("json"::jsonb -> 'a' -> 'b c') IS NULL OR ("json"::jsonb -> 'a' -> 'b c') = 'null'::jsonb));
--   1: string "1"
-- where existing "json.a.b c" in[1]
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') = $1::jsonb OR ("json"::jsonb -> 'a' -> 'b c') = $2::jsonb OR ("json"::jsonb -> 'a' -> 'b c') = $3::jsonb);
--   1: string "1"
--   2: string "1"
--   3: string "1"
-- where existing "json.a.b c" contains ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json.a.b c" startsWith ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json.a.b c" endsWith ""
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" IS NOT NULL);
-- where existing "json.a.b c" contains "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ab"
-- where existing "json.a.b c" startsWith "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "ab"
--   2: string "ac"
-- where existing "json.a.b c" endsWith "ab"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "ab"
-- where existing "json.a.b c" contains "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "%_"
-- where existing "json.a.b c" startsWith "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "%_"
--   2: string "%`"
-- where existing "json.a.b c" endsWith "%_"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "%_"
-- where existing "json.a.b c" contains "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "é"
-- where existing "json.a.b c" startsWith "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "é"
--   2: string "ê"
-- where existing "json.a.b c" endsWith "é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "é"
-- where existing "json.a.b c" contains "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "ÿ"
-- where existing "json.a.b c" startsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "ÿ"
--   2: string "Ā"
-- where existing "json.a.b c" endsWith "ÿ"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "ÿ"
-- where existing "json.a.b c" contains "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\ud7ff"
-- where existing "json.a.b c" startsWith "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "\ud7ff"
--   2: string "\ue000"
-- where existing "json.a.b c" endsWith "퟿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\ud7ff"
-- where existing "json.a.b c" contains "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "a\U0010ffff"
-- where existing "json.a.b c" startsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" < $2::text);
--   1: string "a\U0010ffff"
--   2: string "b"
-- where existing "json.a.b c" endsWith "a􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 2) = $1::text);
--   1: string "a\U0010ffff"
-- where existing "json.a.b c" contains "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND strpos((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", $1::text) > 0);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" startsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" >= $1::text);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" endsWith "􏿿"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND right((("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C", 1) = $1::text);
--   1: string "\U0010ffff"
-- where existing "json.a.b c" like "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" LIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing "json.a.b c" ilike "a%[b]_\\%*é"
SELECT count(*) FROM "existing" WHERE (jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) = 'string' AND (("json"::jsonb -> 'a' -> 'b c') #>> '{}') COLLATE "C" ILIKE ($1::text) COLLATE "C");
--   1: string "a%[b]_\\%*é"
-- where existing len("json.a.b c")==2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("json"::jsonb -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("json"::jsonb -> 'a' -> 'b c')) END = $1::int8;
--   1: int64 2
-- where existing len("json.a.b c")<2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("json"::jsonb -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("json"::jsonb -> 'a' -> 'b c')) END < $1::int8;
--   1: int64 2
-- where existing len("json.a.b c")<=2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("json"::jsonb -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("json"::jsonb -> 'a' -> 'b c')) END <= $1::int8;
--   1: int64 2
-- where existing len("json.a.b c")>2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("json"::jsonb -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("json"::jsonb -> 'a' -> 'b c')) END > $1::int8;
--   1: int64 2
-- where existing len("json.a.b c")>=2
SELECT count(*) FROM "existing" WHERE CASE jsonb_typeof(("json"::jsonb -> 'a' -> 'b c')) WHEN 'string' THEN char_length(("json"::jsonb -> 'a' -> 'b c') #>> '{}') WHEN 'array' THEN jsonb_array_length(("json"::jsonb -> 'a' -> 'b c')) END >= $1::int8;
--   1: int64 2
-- where existing "json.a.b c" has null
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[null]"
-- where existing "json.a.b c" has 1
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[1]"
-- where existing "json.a.b c" has "x"
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[\"x\"]"
-- where existing "json.a.b c" has true
SELECT count(*) FROM "existing" WHERE (("json"::jsonb -> 'a' -> 'b c') @> $1::jsonb);
--   1: string "[true]"
-- where things "s"=="s2"
SELECT count(*) FROM "things" WHERE "s" IS NOT DISTINCT FROM "s2";
-- where things "s"<"s2"
SELECT count(*) FROM "things" WHERE "s" < "s2";
-- where things "s"<="s2"
SELECT count(*) FROM "things" WHERE "s" <= "s2";
-- where things "s">"s2"
SELECT count(*) FROM "things" WHERE "s" > "s2";
-- where things "s">="s2"
SELECT count(*) FROM "things" WHERE "s" >= "s2";
-- where things "n"=="n2"
SELECT count(*) FROM "things" WHERE "n" IS NOT DISTINCT FROM "n2";
-- where things "n"<"n2"
SELECT count(*) FROM "things" WHERE "n" < "n2";
-- where things "n"<="n2"
SELECT count(*) FROM "things" WHERE "n" <= "n2";
-- where things "n">"n2"
SELECT count(*) FROM "things" WHERE "n" > "n2";
-- where things "n">="n2"
SELECT count(*) FROM "things" WHERE "n" >= "n2";
-- where things "f"=="f2"
SELECT count(*) FROM "things" WHERE "f" IS NOT DISTINCT FROM "f2";
-- where things "f"<"f2"
SELECT count(*) FROM "things" WHERE "f" < "f2";
-- where things "f"<="f2"
SELECT count(*) FROM "things" WHERE "f" <= "f2";
-- where things "f">"f2"
SELECT count(*) FROM "things" WHERE "f" > "f2";
-- where things "f">="f2"
SELECT count(*) FROM "things" WHERE "f" >= "f2";
-- where things "n"=="f"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN "n" IS NULL AND "f" IS NULL WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 = ("f" - floor("f")) ELSE false END;
-- where things "n"<"f"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN true WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 < ("f" - floor("f")) ELSE "n" < floor("f")::int8 END;
-- where things "n"<="f"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN true WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 <= ("f" - floor("f")) ELSE "n" <= floor("f")::int8 END;
-- where things "n">"f"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN true WHEN "n" = floor("f")::int8 THEN 0 > ("f" - floor("f")) ELSE "n" > floor("f")::int8 END;
-- where things "n">="f"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN true WHEN "n" = floor("f")::int8 THEN 0 >= ("f" - floor("f")) ELSE "n" >= floor("f")::int8 END;
-- where things "f"=="n"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN "n" IS NULL AND "f" IS NULL WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 = ("f" - floor("f")) ELSE false END;
-- where things "f"<"n"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN true WHEN "n" = floor("f")::int8 THEN 0 > ("f" - floor("f")) ELSE "n" > floor("f")::int8 END;
-- where things "f"<="n"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN false WHEN "f" < -9223372036854775808 THEN true WHEN "n" = floor("f")::int8 THEN 0 >= ("f" - floor("f")) ELSE "n" >= floor("f")::int8 END;
-- where things "f">"n"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN true WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 < ("f" - floor("f")) ELSE "n" < floor("f")::int8 END;
-- where things "f">="n"
SELECT count(*) FROM "things" WHERE CASE WHEN "n" IS NULL OR "f" IS NULL THEN false WHEN "f" >= 9223372036854775808 THEN true WHEN "f" < -9223372036854775808 THEN false WHEN "n" = floor("f")::int8 THEN 0 <= ("f" - floor("f")) ELSE "n" <= floor("f")::int8 END;
-- where things "b"=="b"
SELECT count(*) FROM "things" WHERE "b" IS NOT DISTINCT FROM "b";
-- where things "b"<"b"
SELECT count(*) FROM "things" WHERE "b" < "b";
-- where things "b"<="b"
SELECT count(*) FROM "things" WHERE "b" <= "b";
-- where things "b">"b"
SELECT count(*) FROM "things" WHERE "b" > "b";
-- where things "b">="b"
SELECT count(*) FROM "things" WHERE "b" >= "b";
-- where things "t"=="t"
SELECT count(*) FROM "things" WHERE "t" IS NOT DISTINCT FROM "t";
-- where things "t"<"t"
SELECT count(*) FROM "things" WHERE "t" < "t";
-- where things "t"<="t"
SELECT count(*) FROM "things" WHERE "t" <= "t";
-- where things "t">"t"
SELECT count(*) FROM "things" WHERE "t" > "t";
-- where things "t">="t"
SELECT count(*) FROM "things" WHERE "t" >= "t";
-- where things "y"=="y"
SELECT count(*) FROM "things" WHERE "y" IS NOT DISTINCT FROM "y";
-- where things "y"<"y"
SELECT count(*) FROM "things" WHERE "y" < "y";
-- where things "y"<="y"
SELECT count(*) FROM "things" WHERE "y" <= "y";
-- where things "y">"y"
SELECT count(*) FROM "things" WHERE "y" > "y";
-- where things "y">="y"
SELECT count(*) FROM "things" WHERE "y" >= "y";
-- where existing "varchar"=="collated"
SELECT count(*) FROM "existing" WHERE "varchar"::text IS NOT DISTINCT FROM "collated";
-- where existing "varchar"<"collated"
SELECT count(*) FROM "existing" WHERE "varchar"::text < "collated" COLLATE "C";
-- where existing "smallint"=="numeric"
SELECT count(*) FROM "existing" WHERE CASE WHEN "smallint" IS NULL OR "numeric"::float8 IS NULL THEN "smallint" IS NULL AND "numeric"::float8 IS NULL WHEN "numeric"::float8 >= 9223372036854775808 THEN false WHEN "numeric"::float8 < -9223372036854775808 THEN false WHEN "smallint" = floor("numeric"::float8)::int8 THEN 0 = ("numeric"::float8 - floor("numeric"::float8)) ELSE false END;
-- where existing "smallint"<"numeric"
SELECT count(*) FROM "existing" WHERE CASE WHEN "smallint" IS NULL OR "numeric"::float8 IS NULL THEN false WHEN "numeric"::float8 >= 9223372036854775808 THEN true WHEN "numeric"::float8 < -9223372036854775808 THEN false WHEN "smallint" = floor("numeric"::float8)::int8 THEN 0 < ("numeric"::float8 - floor("numeric"::float8)) ELSE "smallint" < floor("numeric"::float8)::int8 END;
-- where existing "date"=="timestamp"
SELECT count(*) FROM "existing" WHERE ("date"::timestamp AT TIME ZONE 'UTC') IS NOT DISTINCT FROM ("timestamp"::timestamp AT TIME ZONE 'UTC');
-- where existing "date"<"timestamp"
SELECT count(*) FROM "existing" WHERE ("date"::timestamp AT TIME ZONE 'UTC') < ("timestamp"::timestamp AT TIME ZONE 'UTC');
-- where existing "uuid"=="enum"
SELECT count(*) FROM "existing" WHERE "uuid"::text IS NOT DISTINCT FROM "enum"::text;
-- where existing "uuid"<"enum"
SELECT count(*) FROM "existing" WHERE "uuid"::text < "enum"::text COLLATE "C";
-- where and
SELECT count(*) FROM "things" WHERE ("s" = $1::text AND "n" > $2::int8 AND "b" = true);
--   1: string "a"
--   2: int64 1
-- where or
SELECT count(*) FROM "things" WHERE ("s" = $1::text OR "n" > $2::int8 OR "b" = true);
--   1: string "a"
--   2: int64 1
-- where not
SELECT count(*) FROM "things" WHERE ("s" = $1::text) IS NOT TRUE;
--   1: string "a"
-- where not of and
SELECT count(*) FROM "things" WHERE (("s" = $1::text AND "n" > $2::int8)) IS NOT TRUE;
--   1: string "a"
--   2: int64 1
-- where or of and of or
SELECT count(*) FROM "things" WHERE ("s" = $1::text OR ("n" > $2::int8 AND ("b" = true OR ("s" = $3::text) IS NOT TRUE)));
--   1: string "a"
--   2: int64 1
--   3: string "a"
-- where constants inside
SELECT count(*) FROM "things" WHERE (true AND (false) IS NOT TRUE);
-- where lookup by key
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by key
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup narrowed
SELECT count(*) FROM "things" WHERE "owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text);
--   1: string "u"
-- where no lookup narrowed
SELECT count(*) FROM "things" WHERE ("owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup narrowed by several values
SELECT count(*) FROM "things" WHERE "s" IN (SELECT l1."team" FROM "members" AS l1 WHERE (l1."user" = ANY($1::text[]) AND l1."level" > $2::int8));
--   1: []string ["u" "v"]
--   2: int64 2
-- where no lookup narrowed by several values
SELECT count(*) FROM "things" WHERE ("s" IN (SELECT l1."team" FROM "members" AS l1 WHERE (l1."user" = ANY($1::text[]) AND l1."level" > $2::int8))) IS NOT TRUE;
--   1: []string ["u" "v"]
--   2: int64 2
-- where lookup not narrowed
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner" AND l1."level" > $1::int8);
--   1: int64 2
-- where no lookup not narrowed
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner" AND l1."level" > $1::int8)) IS NOT TRUE;
--   1: int64 2
-- where lookup of any document
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner");
-- where no lookup of any document
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner")) IS NOT TRUE;
-- where lookup without link
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."user" = $1::text);
--   1: string "u"
-- where no lookup without link
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup without link or condition
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1);
-- where no lookup without link or condition
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1)) IS NOT TRUE;
-- where lookup by several links
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner" AND l1."level" <= "things"."n" AND l1."until" > "things"."t" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by several links
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" = "things"."owner" AND l1."level" <= "things"."n" AND l1."until" > "things"."t" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup of other numbers
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE CASE WHEN l1."level" IS NULL OR "things"."f" IS NULL THEN false WHEN "things"."f" >= 9223372036854775808 THEN false WHEN "things"."f" < -9223372036854775808 THEN false WHEN l1."level" = floor("things"."f")::int8 THEN 0 = ("things"."f" - floor("things"."f")) ELSE false END AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup of other numbers
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE CASE WHEN l1."level" IS NULL OR "things"."f" IS NULL THEN false WHEN "things"."f" >= 9223372036854775808 THEN false WHEN "things"."f" < -9223372036854775808 THEN false WHEN l1."level" = floor("things"."f")::int8 THEN 0 = ("things"."f" - floor("things"."f")) ELSE false END AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup of other numbers, compared
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE CASE WHEN "things"."n" IS NULL OR l1."weight" IS NULL THEN false WHEN l1."weight" >= 9223372036854775808 THEN false WHEN l1."weight" < -9223372036854775808 THEN true WHEN "things"."n" = floor(l1."weight")::int8 THEN 0 > (l1."weight" - floor(l1."weight")) ELSE "things"."n" > floor(l1."weight")::int8 END AND CASE WHEN l1."level" IS NULL OR "things"."f" IS NULL THEN false WHEN "things"."f" >= 9223372036854775808 THEN false WHEN "things"."f" < -9223372036854775808 THEN true WHEN l1."level" = floor("things"."f")::int8 THEN 0 >= ("things"."f" - floor("things"."f")) ELSE l1."level" >= floor("things"."f")::int8 END AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup of other numbers, compared
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE CASE WHEN "things"."n" IS NULL OR l1."weight" IS NULL THEN false WHEN l1."weight" >= 9223372036854775808 THEN false WHEN l1."weight" < -9223372036854775808 THEN true WHEN "things"."n" = floor(l1."weight")::int8 THEN 0 > (l1."weight" - floor(l1."weight")) ELSE "things"."n" > floor(l1."weight")::int8 END AND CASE WHEN l1."level" IS NULL OR "things"."f" IS NULL THEN false WHEN "things"."f" >= 9223372036854775808 THEN false WHEN "things"."f" < -9223372036854775808 THEN true WHEN l1."level" = floor("things"."f")::int8 THEN 0 >= ("things"."f" - floor("things"."f")) ELSE l1."level" >= floor("things"."f")::int8 END AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup with json inside
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND (l1."user" = $1::text AND CASE WHEN jsonb_typeof((l1."extra" -> 'k')) = 'number' THEN ((l1."extra" -> 'k'))::numeric > $2::text::numeric END AND (l1."extra" @> $3::jsonb)));
--   1: string "u"
--   2: string "2"
--   3: string "[1]"
-- where no lookup with json inside
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND (l1."user" = $1::text AND CASE WHEN jsonb_typeof((l1."extra" -> 'k')) = 'number' THEN ((l1."extra" -> 'k'))::numeric > $2::text::numeric END AND (l1."extra" @> $3::jsonb)))) IS NOT TRUE;
--   1: string "u"
--   2: string "2"
--   3: string "[1]"
-- where lookup of a key of several columns
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "lines" AS l1 WHERE l1."number" = "things"."n" AND l1."part" = "things"."s");
-- where no lookup of a key of several columns
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "lines" AS l1 WHERE l1."number" = "things"."n" AND l1."part" = "things"."s")) IS NOT TRUE;
-- where lookup of the same collection
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "things" AS l1 WHERE l1."owner" = "things"."owner" AND (l1."b" = true AND l1."s" >= $1::text));
--   1: string "x"
-- where no lookup of the same collection
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "things" AS l1 WHERE l1."owner" = "things"."owner" AND (l1."b" = true AND l1."s" >= $1::text))) IS NOT TRUE;
--   1: string "x"
-- where lookup inside a lookup
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND (l1."user" = $1::text AND EXISTS (SELECT 1 FROM "lines" AS l2 WHERE l2."number" = l1."level" AND l2."x" = $2::text)));
--   1: string "u"
--   2: string "y"
-- where no lookup inside a lookup
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."id" = "things"."owner" AND (l1."user" = $1::text AND EXISTS (SELECT 1 FROM "lines" AS l2 WHERE l2."number" = l1."level" AND l2."x" = $2::text)))) IS NOT TRUE;
--   1: string "u"
--   2: string "y"
-- where lookup narrowed inside a lookup
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "things" AS l1 WHERE l1."id" = "things"."owner" AND (l1."n" > $1::int8 AND l1."owner" IN (SELECT l2."team" FROM "members" AS l2 WHERE l2."user" = $2::text)));
--   1: int64 1
--   2: string "u"
-- where no lookup narrowed inside a lookup
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "things" AS l1 WHERE l1."id" = "things"."owner" AND (l1."n" > $1::int8 AND l1."owner" IN (SELECT l2."team" FROM "members" AS l2 WHERE l2."user" = $2::text)))) IS NOT TRUE;
--   1: int64 1
--   2: string "u"
-- where lookup of a search
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "articles" AS l1 WHERE l1."id" = "things"."owner" AND to_tsvector('simple', translate(coalesce(l1."title"::text, '') || ' ' || coalesce(l1."body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text)));
--   1: string ""
--   2: string "'fox':*"
-- where no lookup of a search
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "articles" AS l1 WHERE l1."id" = "things"."owner" AND to_tsvector('simple', translate(coalesce(l1."title"::text, '') || ' ' || coalesce(l1."body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text)))) IS NOT TRUE;
--   1: string ""
--   2: string "'fox':*"
-- where lookup of columns of other types
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "existing" AS l1 WHERE l1."uuid"::text = "things"."owner" AND CASE WHEN "things"."n" IS NULL OR l1."numeric"::float8 IS NULL THEN false WHEN l1."numeric"::float8 >= 9223372036854775808 THEN false WHEN l1."numeric"::float8 < -9223372036854775808 THEN true WHEN "things"."n" = floor(l1."numeric"::float8)::int8 THEN 0 > (l1."numeric"::float8 - floor(l1."numeric"::float8)) ELSE "things"."n" > floor(l1."numeric"::float8)::int8 END AND (l1."timestamp"::timestamp AT TIME ZONE 'UTC') >= "things"."t" AND l1."collated" COLLATE "C" < "things"."s" AND l1."varchar"::text > $1::text);
--   1: string "a"
-- where no lookup of columns of other types
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "existing" AS l1 WHERE l1."uuid"::text = "things"."owner" AND CASE WHEN "things"."n" IS NULL OR l1."numeric"::float8 IS NULL THEN false WHEN l1."numeric"::float8 >= 9223372036854775808 THEN false WHEN l1."numeric"::float8 < -9223372036854775808 THEN true WHEN "things"."n" = floor(l1."numeric"::float8)::int8 THEN 0 > (l1."numeric"::float8 - floor(l1."numeric"::float8)) ELSE "things"."n" > floor(l1."numeric"::float8)::int8 END AND (l1."timestamp"::timestamp AT TIME ZONE 'UTC') >= "things"."t" AND l1."collated" COLLATE "C" < "things"."s" AND l1."varchar"::text > $1::text)) IS NOT TRUE;
--   1: string "a"
-- where lookup or another
SELECT count(*) FROM "things" WHERE ("owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text) OR EXISTS (SELECT 1 FROM "lines" AS l1 WHERE l1."part" = "things"."s") OR "s" = $2::text);
--   1: string "u"
--   2: string "a"
-- where no lookup or another
SELECT count(*) FROM "things" WHERE (("owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text) OR EXISTS (SELECT 1 FROM "lines" AS l1 WHERE l1."part" = "things"."s") OR "s" = $2::text)) IS NOT TRUE;
--   1: string "u"
--   2: string "a"
-- where lookup by == on text 0
SELECT count(*) FROM "things" WHERE "s" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text);
--   1: string "u"
-- where no lookup by == on text 0
SELECT count(*) FROM "things" WHERE ("s" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup by < on text 1
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" < "things"."s" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by < on text 1
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" < "things"."s" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup by <= on text 2
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" <= "things"."s" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by <= on text 2
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" <= "things"."s" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup by > on text 3
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" > "things"."s" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by > on text 3
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" > "things"."s" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where lookup by >= on text 4
SELECT count(*) FROM "things" WHERE EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" >= "things"."s" AND l1."user" = $1::text);
--   1: string "u"
-- where no lookup by >= on text 4
SELECT count(*) FROM "things" WHERE (EXISTS (SELECT 1 FROM "members" AS l1 WHERE l1."team" >= "things"."s" AND l1."user" = $1::text)) IS NOT TRUE;
--   1: string "u"
-- where search fox
SELECT count(*) FROM "articles" WHERE to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text));
--   1: string ""
--   2: string "'fox':*"
-- where search and fox
SELECT count(*) FROM "articles" WHERE (to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text)) AND "title" IS NOT NULL);
--   1: string ""
--   2: string "'fox':*"
-- where search Lazy dog's 
SELECT count(*) FROM "articles" WHERE to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text));
--   1: string "lazy dog s"
-- where search and Lazy dog's 
SELECT count(*) FROM "articles" WHERE (to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text)) AND "title" IS NOT NULL);
--   1: string "lazy dog s"
-- where search with typos
SELECT count(*) FROM "articles" WHERE (lower(translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) ~ $1::text AND lower(translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) ~ $2::text);
--   1: string "(^|[^[:alnum:]])the([^[:alnum:]]|$)"
--   2: string "(^|[^[:alnum:]])(f[[:alnum:]]?xe|fo[[:alnum:]]?e|fox[[:alnum:]]?|f[[:alnum:]]oxe|fo[[:alnum:]]xe|fox[[:alnum:]]e|foxe[[:alnum:]]|fxoe|foex)"
-- find all
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things";
-- find nothing
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE false;
-- find without filter
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" LIMIT 1;
-- find by key
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "id" = $1::text;
--   1: string "a"
-- find by key of several columns
SELECT "number", "part", "x" FROM "lines" WHERE ("number" = $1::int8 AND "part" = $2::text);
--   1: int64 7
--   2: string "a"
-- find by keys
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "id" = ANY($1::text[]) LIMIT 3;
--   1: []string ["a" "b" "c"]
-- find some fields
SELECT "id", "n", "y" FROM "things";
-- find all of a key of several columns
SELECT "number", "part", "x" FROM "lines" ORDER BY "number" DESC, "part" DESC;
-- find names that need quotes
SELECT "id", "an ""odd"" name", "meta" FROM "app"."of""ours" ORDER BY "an ""odd"" name" NULLS FIRST, "id";
-- find columns of other types
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing";
-- find things by id up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "id", "id";
-- find things by id down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "id" DESC, "id" DESC;
-- find things by s up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "s" NULLS FIRST, "id";
-- find things by s down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "s" DESC NULLS LAST, "id" DESC;
-- find things by s2 up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "s2" NULLS FIRST, "id";
-- find things by s2 down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "s2" DESC NULLS LAST, "id" DESC;
-- find things by n up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n" NULLS FIRST, "id";
-- find things by n down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n" DESC NULLS LAST, "id" DESC;
-- find things by n2 up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n2" NULLS FIRST, "id";
-- find things by n2 down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n2" DESC NULLS LAST, "id" DESC;
-- find things by f up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "f" NULLS FIRST, "id";
-- find things by f down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "f" DESC NULLS LAST, "id" DESC;
-- find things by f2 up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "f2" NULLS FIRST, "id";
-- find things by f2 down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "f2" DESC NULLS LAST, "id" DESC;
-- find things by b up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "b" NULLS FIRST, "id";
-- find things by b down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "b" DESC NULLS LAST, "id" DESC;
-- find things by t up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "t" NULLS FIRST, "id";
-- find things by t down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "t" DESC NULLS LAST, "id" DESC;
-- find things by y up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "y" NULLS FIRST, "id";
-- find things by y down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "y" DESC NULLS LAST, "id" DESC;
-- find things by j up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "j" NULLS FIRST, "id";
-- find things by j down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "j" DESC NULLS LAST, "id" DESC;
-- find things by owner up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "owner", "id";
-- find things by owner down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "owner" DESC, "id" DESC;
-- find existing by id up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "id", "id";
-- find existing by id down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "id" DESC, "id" DESC;
-- find existing by uuid up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "existing"."uuid" NULLS FIRST, "id";
-- find existing by uuid down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "existing"."uuid" DESC NULLS LAST, "id" DESC;
-- find existing by varchar up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "varchar"::text NULLS FIRST, "id";
-- find existing by varchar down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "varchar"::text DESC NULLS LAST, "id" DESC;
-- find existing by collated up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "collated" COLLATE "C" NULLS FIRST, "id";
-- find existing by collated down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "collated" COLLATE "C" DESC NULLS LAST, "id" DESC;
-- find existing by enum up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "enum"::text COLLATE "C" NULLS FIRST, "id";
-- find existing by enum down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "enum"::text COLLATE "C" DESC NULLS LAST, "id" DESC;
-- find existing by smallint up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "smallint" NULLS FIRST, "id";
-- find existing by smallint down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "smallint" DESC NULLS LAST, "id" DESC;
-- find existing by numeric up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "numeric"::float8 NULLS FIRST, "id";
-- find existing by numeric down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "numeric"::float8 DESC NULLS LAST, "id" DESC;
-- find existing by real up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "real" NULLS FIRST, "id";
-- find existing by real down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "real" DESC NULLS LAST, "id" DESC;
-- find existing by timestamp up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "timestamp" NULLS FIRST, "id";
-- find existing by timestamp down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "timestamp" DESC NULLS LAST, "id" DESC;
-- find existing by date up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "date" NULLS FIRST, "id";
-- find existing by date down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "date" DESC NULLS LAST, "id" DESC;
-- find existing by json up
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "json"::jsonb NULLS FIRST, "id";
-- find existing by json down
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM "existing" ORDER BY "json"::jsonb DESC NULLS LAST, "id" DESC;
-- find with null as the largest up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n" IS NULL, "n", "id";
-- find with null as the largest down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY "n" IS NULL DESC, "n" DESC, "id";
-- find by what is inside a json field up
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY CASE WHEN (("j" -> 'a' -> 'b') IS NULL OR ("j" -> 'a' -> 'b') = 'null'::jsonb) THEN 0 WHEN ("j" -> 'a' -> 'b') IN ('false'::jsonb) THEN 1 WHEN ("j" -> 'a' -> 'b') IN ('true'::jsonb) THEN 2 WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'string' THEN 4 WHEN jsonb_typeof(("j" -> 'a' -> 'b')) IN ('array', 'object') THEN 5 ELSE 3 END, CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'number' THEN (("j" -> 'a' -> 'b'))::numeric END, CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'string' THEN (("j" -> 'a' -> 'b') #>> '{}') COLLATE "C" END, "id";
-- find by what is inside a json field down
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" ORDER BY CASE WHEN (("j" -> 'a' -> 'b') IS NULL OR ("j" -> 'a' -> 'b') = 'null'::jsonb) THEN 6 WHEN ("j" -> 'a' -> 'b') IN ('false'::jsonb) THEN 1 WHEN ("j" -> 'a' -> 'b') IN ('true'::jsonb) THEN 2 WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'string' THEN 4 WHEN jsonb_typeof(("j" -> 'a' -> 'b')) IN ('array', 'object') THEN 5 ELSE 3 END DESC, CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'number' THEN (("j" -> 'a' -> 'b'))::numeric END DESC, CASE WHEN jsonb_typeof(("j" -> 'a' -> 'b')) = 'string' THEN (("j" -> 'a' -> 'b') #>> '{}') COLLATE "C" END DESC, "id";
-- find limit and offset
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "b" = true ORDER BY "t" DESC NULLS LAST, "id" LIMIT 20 OFFSET $1::int8;
--   1: int64 40
-- find the first of each group
SELECT "id", "s" FROM (SELECT *, row_number() OVER (PARTITION BY "n" ORDER BY "t" DESC NULLS LAST, "id") AS basalt_rank FROM "things" WHERE "b" = true) AS ranked WHERE basalt_rank <= $1::int8 ORDER BY "t" DESC NULLS LAST, "id" LIMIT 20 OFFSET $2::int8;
--   1: int64 2
--   2: int64 40
-- find the first of each group by two fields
SELECT "id", "s" FROM (SELECT *, row_number() OVER (PARTITION BY "n", "s" ORDER BY "t" DESC NULLS LAST, "id") AS basalt_rank FROM "things" WHERE "b" = true) AS ranked WHERE basalt_rank <= $1::int8 ORDER BY "t" DESC NULLS LAST, "id" LIMIT 20 OFFSET $2::int8;
--   1: int64 1
--   2: int64 40
-- find the first of each group of another type
SELECT "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb FROM (SELECT *, row_number() OVER (PARTITION BY "uuid" ORDER BY "id") AS basalt_rank FROM "existing") AS ranked WHERE basalt_rank <= $1::int8 ORDER BY "id";
--   1: int64 1
-- find by rank of fox
SELECT "id", "title", "body" FROM "articles" WHERE to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text)) ORDER BY ts_rank(to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')), (plainto_tsquery('simple', $3::text) && to_tsquery('simple', $4::text))) DESC, "id" LIMIT 10 OFFSET $5::int8;
--   1: string ""
--   2: string "'fox':*"
--   3: string ""
--   4: string "'fox':*"
--   5: int64 10
-- find by rank of Lazy dog's
SELECT "id", "title", "body" FROM "articles" WHERE to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) @@ (plainto_tsquery('simple', $1::text) && to_tsquery('simple', $2::text)) ORDER BY ts_rank(to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')), (plainto_tsquery('simple', $3::text) && to_tsquery('simple', $4::text))) DESC, "id" LIMIT 10 OFFSET $5::int8;
--   1: string "lazy dog"
--   2: string "'s':*"
--   3: string "lazy dog"
--   4: string "'s':*"
--   5: int64 10
-- find by rank with typos
SELECT "id", "title", "body" FROM "articles" WHERE (lower(translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')) ~ $1::text) ORDER BY ts_rank(to_tsvector('simple', translate(coalesce("title"::text, '') || ' ' || coalesce("body"::text, ''), 'ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĀāĂăĄąĆćĈĉĊċČčĎďĒēĔĕĖėĘęĚěĜĝĞğĠġĢģĤĥĨĩĪīĬĭĮįİĴĵĶķĹĺĻļĽľŃńŅņŇňŌōŎŏŐőŔŕŖŗŘřŚśŜŝŞşŠšŢţŤťŨũŪūŬŭŮůŰűŲųŴŵŶŷŸŹźŻżŽžƠơƯưǍǎǏǐǑǒǓǔǕǖǗǘǙǚǛǜǞǟǦǧǨǩǪǫǬǭǰǴǵǸǹǺǻȀȁȂȃȄȅȆȇȈȉȊȋȌȍȎȏȐȑȒȓȔȕȖȗȘșȚțȞȟȦȧȨȩȪȫȬȭȮȯȰȱȲȳḀḁḂḃḄḅḆḇḈḉḊḋḌḍḎḏḐḑḒḓḔḕḖḗḘḙḚḛḜḝḞḟḠḡḢḣḤḥḦḧḨḩḪḫḬḭḮḯḰḱḲḳḴḵḶḷḸḹḺḻḼḽḾḿṀṁṂṃṄṅṆṇṈṉṊṋṌṍṎṏṐṑṒṓṔṕṖṗṘṙṚṛṜṝṞṟṠṡṢṣṤṥṦṧṨṩṪṫṬṭṮṯṰṱṲṳṴṵṶṷṸṹṺṻṼṽṾṿẀẁẂẃẄẅẆẇẈẉẊẋẌẍẎẏẐẑẒẓẔẕẖẗẘẙẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặẸẹẺẻẼẽẾếỀềỂểỄễỆệỈỉỊịỌọỎỏỐốỒồỔổỖỗỘộỚớỜờỞởỠỡỢợỤụỦủỨứỪừỬửỮữỰựỲỳỴỵỶỷỸỹ̡̢̧̨̛̖̗̘̙̜̝̞̟̠̣̤̥̦̩̪̫̬̭̮̯̰̱̀́̂̃̄̅̆̇̈̉̊̋̌̍̎̏̐̑̒̓̔̕̚', 'aaaaaaceeeeiiiinooooouuuuyaaaaaaceeeeiiiinooooouuuuyyaaaaaaccccccccddeeeeeeeeeegggggggghhiiiiiiiiijjkkllllllnnnnnnoooooorrrrrrssssssssttttuuuuuuuuuuuuwwyyyzzzzzzoouuaaiioouuuuuuuuuuaaggkkoooojggnnaaaaaaeeeeiiiioooorrrruuuusstthhaaeeooooooooyyaabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwyaaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy')), (plainto_tsquery('simple', $2::text) && to_tsquery('simple', $3::text))) DESC, "id" LIMIT 10;
--   1: string "(^|[^[:alnum:]])(f[[:alnum:]]?xe|fo[[:alnum:]]?e|fox[[:alnum:]]?|f[[:alnum:]]oxe|fo[[:alnum:]]xe|fox[[:alnum:]]e|foxe[[:alnum:]]|fxoe|foex)"
--   2: string ""
--   3: string "'foxe':*"
-- find locked
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "id" = $1::text FOR UPDATE;
--   1: string "a"
-- find locked for others' writes
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "id" = $1::text FOR SHARE;
--   1: string "a"
-- find after s "m" up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("s", "id") > ($1::text, $2::text)) ORDER BY "s" NULLS FIRST, "id" LIMIT 3;
--   1: string "m"
--   2: string "a"
-- find after s "m" down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("s", "id") < ($1::text, $2::text)) ORDER BY "s" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: string "m"
--   2: string "a"
-- find after s "m" down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "s" IS NULL ORDER BY "s" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after n 5 up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("n", "id") > ($1::int8, $2::text)) ORDER BY "n" NULLS FIRST, "id" LIMIT 3;
--   1: int64 5
--   2: string "a"
-- find after n 5 down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("n", "id") < ($1::int8, $2::text)) ORDER BY "n" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: int64 5
--   2: string "a"
-- find after n 5 down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "n" IS NULL ORDER BY "n" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after f 0.5 up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("f", "id") > ($1::float8, $2::text)) ORDER BY "f" NULLS FIRST, "id" LIMIT 3;
--   1: float64 0.5
--   2: string "a"
-- find after f 0.5 down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("f", "id") < ($1::float8, $2::text)) ORDER BY "f" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: float64 0.5
--   2: string "a"
-- find after f 0.5 down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "f" IS NULL ORDER BY "f" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after b true up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("b", "id") > ($1::boolean, $2::text)) ORDER BY "b" NULLS FIRST, "id" LIMIT 3;
--   1: bool true
--   2: string "a"
-- find after b true down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("b", "id") < ($1::boolean, $2::text)) ORDER BY "b" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: bool true
--   2: string "a"
-- find after b true down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "b" IS NULL ORDER BY "b" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after t "2026-01-02T03:04:05.678901Z" up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("t", "id") > ($1::timestamptz, $2::text)) ORDER BY "t" NULLS FIRST, "id" LIMIT 3;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: string "a"
-- find after t "2026-01-02T03:04:05.678901Z" down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("t", "id") < ($1::timestamptz, $2::text)) ORDER BY "t" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: string "a"
-- find after t "2026-01-02T03:04:05.678901Z" down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "t" IS NULL ORDER BY "t" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after y "AAE=" up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("y", "id") > ($1::bytea, $2::text)) ORDER BY "y" NULLS FIRST, "id" LIMIT 3;
--   1: []byte "\x00\x01"
--   2: string "a"
-- find after y "AAE=" down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE (("y", "id") < ($1::bytea, $2::text)) ORDER BY "y" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: []byte "\x00\x01"
--   2: string "a"
-- find after y "AAE=" down 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "y" IS NULL ORDER BY "y" DESC NULLS LAST, "id" DESC LIMIT 3;
-- find after n null up 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE ("n" IS NULL AND "id" > $1::text) ORDER BY "n" NULLS FIRST, "id" LIMIT 3;
--   1: string "a"
-- find after n null up 2
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE "n" IS NOT NULL ORDER BY "n" NULLS FIRST, "id" LIMIT 3;
-- find after n null down 1
SELECT "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner" FROM "things" WHERE ("n" IS NULL AND "id" < $1::text) ORDER BY "n" DESC NULLS LAST, "id" DESC LIMIT 3;
--   1: string "a"
-- aggregate count
SELECT count(*) AS basalt_1 FROM "things";
-- aggregate things by id
SELECT "id", count(*) AS basalt_2 FROM "things" GROUP BY "id" ORDER BY "id" NULLS FIRST;
-- aggregate things extremes of id
SELECT min("id") AS basalt_1, max("id") AS basalt_2 FROM "things";
-- aggregate things by s
SELECT "s", count(*) AS basalt_2 FROM "things" GROUP BY "s" ORDER BY "s" NULLS FIRST;
-- aggregate things extremes of s
SELECT min("s") AS basalt_1, max("s") AS basalt_2 FROM "things";
-- aggregate things by s2
SELECT "s2", count(*) AS basalt_2 FROM "things" GROUP BY "s2" ORDER BY "s2" NULLS FIRST;
-- aggregate things extremes of s2
SELECT min("s2") AS basalt_1, max("s2") AS basalt_2 FROM "things";
-- aggregate things by n
SELECT "n", count(*) AS basalt_2 FROM "things" GROUP BY "n" ORDER BY "n" NULLS FIRST;
-- aggregate things extremes of n
SELECT min("n") AS basalt_1, max("n") AS basalt_2 FROM "things";
-- aggregate things sum of n
SELECT sum("n")::int8 AS basalt_1, avg("n")::float8 AS basalt_2 FROM "things";
-- aggregate things by n2
SELECT "n2", count(*) AS basalt_2 FROM "things" GROUP BY "n2" ORDER BY "n2" NULLS FIRST;
-- aggregate things extremes of n2
SELECT min("n2") AS basalt_1, max("n2") AS basalt_2 FROM "things";
-- aggregate things sum of n2
SELECT sum("n2")::int8 AS basalt_1, avg("n2")::float8 AS basalt_2 FROM "things";
-- aggregate things by f
SELECT "f", count(*) AS basalt_2 FROM "things" GROUP BY "f" ORDER BY "f" NULLS FIRST;
-- aggregate things extremes of f
SELECT min("f") AS basalt_1, max("f") AS basalt_2 FROM "things";
-- aggregate things sum of f
SELECT sum("f")::float8 AS basalt_1, avg("f")::float8 AS basalt_2 FROM "things";
-- aggregate things by f2
SELECT "f2", count(*) AS basalt_2 FROM "things" GROUP BY "f2" ORDER BY "f2" NULLS FIRST;
-- aggregate things extremes of f2
SELECT min("f2") AS basalt_1, max("f2") AS basalt_2 FROM "things";
-- aggregate things sum of f2
SELECT sum("f2")::float8 AS basalt_1, avg("f2")::float8 AS basalt_2 FROM "things";
-- aggregate things by b
SELECT "b", count(*) AS basalt_2 FROM "things" GROUP BY "b" ORDER BY "b" NULLS FIRST;
-- aggregate things extremes of b
SELECT bool_and("b") AS basalt_1, bool_or("b") AS basalt_2 FROM "things";
-- aggregate things by t
SELECT "t", count(*) AS basalt_2 FROM "things" GROUP BY "t" ORDER BY "t" NULLS FIRST;
-- aggregate things extremes of t
SELECT min("t") AS basalt_1, max("t") AS basalt_2 FROM "things";
-- aggregate things by y
SELECT "y", count(*) AS basalt_2 FROM "things" GROUP BY "y" ORDER BY "y" NULLS FIRST;
-- aggregate things extremes of y
SELECT (array_agg("y" ORDER BY "y") FILTER (WHERE "y" IS NOT NULL))[1] AS basalt_1, (array_agg("y" ORDER BY "y" DESC) FILTER (WHERE "y" IS NOT NULL))[1] AS basalt_2 FROM "things";
-- aggregate things by owner
SELECT "owner", count(*) AS basalt_2 FROM "things" GROUP BY "owner" ORDER BY "owner" NULLS FIRST;
-- aggregate things extremes of owner
SELECT min("owner") AS basalt_1, max("owner") AS basalt_2 FROM "things";
-- aggregate existing by id
SELECT "id", count(*) AS basalt_2 FROM "existing" GROUP BY "id" ORDER BY "id" NULLS FIRST;
-- aggregate existing extremes of id
SELECT min("id") AS basalt_1, max("id") AS basalt_2 FROM "existing";
-- aggregate existing sum of id
SELECT sum("id")::int8 AS basalt_1, avg("id")::float8 AS basalt_2 FROM "existing";
-- aggregate existing by uuid
SELECT "uuid"::text, count(*) AS basalt_2 FROM "existing" GROUP BY "uuid"::text ORDER BY "uuid"::text NULLS FIRST;
-- aggregate existing extremes of uuid
SELECT min("uuid"::text) AS basalt_1, max("uuid"::text) AS basalt_2 FROM "existing";
-- aggregate existing by varchar
SELECT "varchar"::text, count(*) AS basalt_2 FROM "existing" GROUP BY "varchar"::text ORDER BY "varchar"::text NULLS FIRST;
-- aggregate existing extremes of varchar
SELECT min("varchar"::text) AS basalt_1, max("varchar"::text) AS basalt_2 FROM "existing";
-- aggregate existing by collated
SELECT "collated", count(*) AS basalt_2 FROM "existing" GROUP BY "collated" ORDER BY "collated" COLLATE "C" NULLS FIRST;
-- aggregate existing extremes of collated
SELECT min("collated" COLLATE "C") AS basalt_1, max("collated" COLLATE "C") AS basalt_2 FROM "existing";
-- aggregate existing by enum
SELECT "enum"::text, count(*) AS basalt_2 FROM "existing" GROUP BY "enum"::text ORDER BY "enum"::text COLLATE "C" NULLS FIRST;
-- aggregate existing extremes of enum
SELECT min("enum"::text COLLATE "C") AS basalt_1, max("enum"::text COLLATE "C") AS basalt_2 FROM "existing";
-- aggregate existing by smallint
SELECT "smallint", count(*) AS basalt_2 FROM "existing" GROUP BY "smallint" ORDER BY "smallint" NULLS FIRST;
-- aggregate existing extremes of smallint
SELECT min("smallint") AS basalt_1, max("smallint") AS basalt_2 FROM "existing";
-- aggregate existing sum of smallint
SELECT sum("smallint")::int8 AS basalt_1, avg("smallint")::float8 AS basalt_2 FROM "existing";
-- aggregate existing by numeric
SELECT "numeric"::float8, count(*) AS basalt_2 FROM "existing" GROUP BY "numeric"::float8 ORDER BY "numeric"::float8 NULLS FIRST;
-- aggregate existing extremes of numeric
SELECT min("numeric"::float8) AS basalt_1, max("numeric"::float8) AS basalt_2 FROM "existing";
-- aggregate existing sum of numeric
SELECT sum("numeric")::float8 AS basalt_1, avg("numeric")::float8 AS basalt_2 FROM "existing";
-- aggregate existing by real
SELECT "real", count(*) AS basalt_2 FROM "existing" GROUP BY "real" ORDER BY "real" NULLS FIRST;
-- aggregate existing extremes of real
SELECT min("real") AS basalt_1, max("real") AS basalt_2 FROM "existing";
-- aggregate existing sum of real
SELECT sum("real")::float8 AS basalt_1, avg("real")::float8 AS basalt_2 FROM "existing";
-- aggregate existing by timestamp
SELECT ("timestamp"::timestamp AT TIME ZONE 'UTC'), count(*) AS basalt_2 FROM "existing" GROUP BY ("timestamp"::timestamp AT TIME ZONE 'UTC') ORDER BY ("timestamp"::timestamp AT TIME ZONE 'UTC') NULLS FIRST;
-- aggregate existing extremes of timestamp
SELECT min(("timestamp"::timestamp AT TIME ZONE 'UTC')) AS basalt_1, max(("timestamp"::timestamp AT TIME ZONE 'UTC')) AS basalt_2 FROM "existing";
-- aggregate existing by date
SELECT ("date"::timestamp AT TIME ZONE 'UTC'), count(*) AS basalt_2 FROM "existing" GROUP BY ("date"::timestamp AT TIME ZONE 'UTC') ORDER BY ("date"::timestamp AT TIME ZONE 'UTC') NULLS FIRST;
-- aggregate existing extremes of date
SELECT min(("date"::timestamp AT TIME ZONE 'UTC')) AS basalt_1, max(("date"::timestamp AT TIME ZONE 'UTC')) AS basalt_2 FROM "existing";
-- aggregate everything
SELECT "s", "f2", count(*) AS basalt_3, sum("n")::int8 AS basalt_4, sum("f")::float8 AS basalt_5, avg("n")::float8 AS basalt_6, bool_and("b") AS basalt_7, bool_or("b") AS basalt_8, max("s") AS basalt_9 FROM "things" WHERE "n" > $1::int8 GROUP BY "s", "f2" ORDER BY "s" NULLS FIRST, "f2" NULLS FIRST LIMIT 100;
--   1: int64 0
-- insert a full row
INSERT INTO "things" ("id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner") VALUES ($1::text, $2::text, NULL, $3::int8, $4::int8, $5::float8, $6::float8, $7::boolean, $8::timestamptz, $9::bytea, $10::jsonb, $11::text) RETURNING "j";
--   1: string "a"
--   2: string "text"
--   3: int64 1
--   4: int64 -1
--   5: float64 0.5
--   6: float64 2
--   7: bool true
--   8: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   9: []byte "\x00\xff"
--   10: string "{\"a\":[1,2.5,null]}"
--   11: string "o"
-- insert an empty row
INSERT INTO "things" ("id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner") VALUES ($1::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
--   1: string "b"
-- insert a json scalar
INSERT INTO "things" ("id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner") VALUES ($1::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, $2::jsonb, NULL);
--   1: string "c"
--   2: string "\"a scalar\""
-- insert several rows
INSERT INTO "things" ("id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner") VALUES ($1::text, $2::text, NULL, $3::int8, $4::int8, $5::float8, $6::float8, $7::boolean, $8::timestamptz, $9::bytea, $10::jsonb, $11::text), ($12::text, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) RETURNING "j";
--   1: string "a"
--   2: string "text"
--   3: int64 1
--   4: int64 -1
--   5: float64 0.5
--   6: float64 2
--   7: bool true
--   8: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   9: []byte "\x00\xff"
--   10: string "{\"a\":[1,2.5,null]}"
--   11: string "o"
--   12: string "b"
-- insert a key of several columns
INSERT INTO "lines" ("number", "part", "x") VALUES ($1::int8, $2::text, NULL);
--   1: int64 7
--   2: string "a"
-- insert columns of other types
INSERT INTO "existing" ("id", "uuid", "varchar", "collated", "enum", "smallint", "numeric", "real", "timestamp", "date", "json") VALUES ($1::int8, $2::text::uuid, $3::text, $4::text, $5, $6::int8, $7::text::numeric, $8::float8, ($9::timestamptz AT TIME ZONE 'UTC'), ($10::timestamptz AT TIME ZONE 'UTC')::date, (CASE WHEN $11::text::jsonb IS NOT NULL THEN $11::text::json END)) RETURNING "id", "uuid"::text, "numeric"::float8, "real", "date", "json"::jsonb;
--   1: int64 1
--   2: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   3: string "v"
--   4: string "c"
--   5: string "red"
--   6: int64 3
--   7: string "0.1"
--   8: float64 1.5
--   9: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   10: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   11: string "{\"b\":1.0,\"a\":2}"
-- insert nulls into columns of other types
INSERT INTO "existing" ("id", "uuid", "varchar", "collated", "enum", "smallint", "numeric", "real", "timestamp", "date", "json") VALUES ($1::int8, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) RETURNING "id", "uuid"::text, "numeric"::float8, "real", "date", "json"::jsonb;
--   1: int64 1
-- update field s
UPDATE "things" SET "s" = $1::text WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: string "text"
--   2: string "a"
-- update field s2
UPDATE "things" SET "s2" = NULL WHERE "id" = $1::text;
--   1: string "a"
-- update field n
UPDATE "things" SET "n" = $1::int8 WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: int64 1
--   2: string "a"
-- update field n2
UPDATE "things" SET "n2" = $1::int8 WHERE "id" = $2::text;
--   1: int64 -1
--   2: string "a"
-- update field f
UPDATE "things" SET "f" = $1::float8 WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: float64 0.5
--   2: string "a"
-- update field f2
UPDATE "things" SET "f2" = $1::float8 WHERE "id" = $2::text;
--   1: float64 2
--   2: string "a"
-- update field b
UPDATE "things" SET "b" = $1::boolean WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: bool true
--   2: string "a"
-- update field t
UPDATE "things" SET "t" = $1::timestamptz WHERE "id" = $2::text;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: string "a"
-- update field y
UPDATE "things" SET "y" = $1::bytea WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: []byte "\x00\xff"
--   2: string "a"
-- update field j
UPDATE "things" SET "j" = $1::jsonb WHERE "id" = $2::text;
--   1: string "{\"a\":[1,2.5,null]}"
--   2: string "a"
-- update field owner
UPDATE "things" SET "owner" = $1::text WHERE "id" = $2::text RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: string "o"
--   2: string "a"
-- update to null
UPDATE "things" SET "s" = NULL, "j" = NULL;
-- update if nothing has changed
UPDATE "things" SET "n" = $1::int8 WHERE ("id" = $2::text AND "n" = $3::int8 AND "s" IS NULL) RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: int64 2
--   2: string "a"
--   3: int64 1
-- update with a lookup
UPDATE "things" SET "f2" = $1::float8 WHERE "owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $2::text) RETURNING "id", "s", "s2", "n", "n2", "f", "f2", "b", "t", "y", "j", "owner";
--   1: float64 1
--   2: string "u"
-- update column uuid
UPDATE "existing" SET "uuid" = $1::text::uuid WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
--   2: int64 1
-- update column varchar
UPDATE "existing" SET "varchar" = $1::text WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "v"
--   2: int64 1
-- update column collated
UPDATE "existing" SET "collated" = $1::text WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "c"
--   2: int64 1
-- update column enum
UPDATE "existing" SET "enum" = $1 WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "red"
--   2: int64 1
-- update column smallint
UPDATE "existing" SET "smallint" = $1::int8 WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: int64 3
--   2: int64 1
-- update column numeric
UPDATE "existing" SET "numeric" = $1::text::numeric WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "0.1"
--   2: int64 1
-- update column real
UPDATE "existing" SET "real" = $1::float8 WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: float64 1.5
--   2: int64 1
-- update column timestamp
UPDATE "existing" SET "timestamp" = ($1::timestamptz AT TIME ZONE 'UTC') WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: int64 1
-- update column date
UPDATE "existing" SET "date" = ($1::timestamptz AT TIME ZONE 'UTC')::date WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: pgtype.Timestamptz {2026-01-02 03:04:05.678901 +0000 UTC finite true}
--   2: int64 1
-- update column json
UPDATE "existing" SET "json" = (CASE WHEN $1::text::jsonb IS NOT NULL THEN $1::text::json END) WHERE "id" = $2::int8 RETURNING "id", "uuid"::text, "varchar"::text, "collated", "enum"::text, "smallint", "numeric"::float8, "real", "timestamp", "date", "json"::jsonb;
--   1: string "{\"b\":1.0,\"a\":2}"
--   2: int64 1
-- delete all
DELETE FROM "things";
-- delete by key
DELETE FROM "things" WHERE "id" = $1::text;
--   1: string "a"
-- delete by key of several columns
DELETE FROM "lines" WHERE ("number" = $1::int8 AND "part" = $2::text);
--   1: int64 7
--   2: string "a"
-- delete with a lookup
DELETE FROM "things" WHERE "owner" IN (SELECT l1."team" FROM "members" AS l1 WHERE l1."user" = $1::text);
--   1: string "u"
